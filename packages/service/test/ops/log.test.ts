import { LedgerError, SealError } from '@mayfly/service'
import { OptionError } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { createLogger, describeError, type LogLevel } from '../../src/ops/log.ts'

const SECRET = 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl'

function capture(level?: LogLevel) {
  const lines: string[] = []
  const logger = createLogger(level === undefined ? {} : { level }, {
    write: (line) => void lines.push(line),
  })
  return { logger, lines }
}

describe('createLogger', () => {
  it('writes a line of JSON with time, level and message', () => {
    const { logger, lines } = capture()
    logger.info({ port: 4810 }, 'ready')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'info',
      port: 4810,
      msg: 'ready',
    })
  })

  it('tells no more than its level', () => {
    const { logger, lines } = capture('warn')
    logger.info('not this')
    logger.warn('this')
    expect(lines).toHaveLength(1)
  })

  it('refuses an unknown level and names those it knows', () => {
    expect(() => createLogger({ level: 'trace' as LogLevel })).toThrow(
      '"level" must be "debug", "info", "warn", "error" or "silent", not another text.',
    )
  })

  it.each(['token', 'authorization', 'apiKey', 'phone', 'body', 'headers', 'url', 'cookie'])(
    'strikes out a field "%s", at the top and one level down',
    (name) => {
      const { logger, lines } = capture()
      logger.info({ [name]: SECRET, request: { [name]: SECRET } }, 'request')
      expect(lines.join('')).not.toContain(SECRET)
      expect(lines.join('')).toContain('[hidden]')
    },
  )

  it('describes errors without the messages of others, down their causes', () => {
    const { logger, lines } = capture()
    const json = thrownBy(() => JSON.parse(SECRET))
    logger.error(
      { err: new LedgerError('ERR_LEDGER_FAILED', 'It failed.', { cause: json }) },
      'failed',
    )
    expect(lines.join('')).not.toContain(SECRET.slice(0, 10))
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      err: {
        name: 'LedgerError',
        code: 'ERR_LEDGER_FAILED',
        message: 'It failed.',
        cause: { name: 'SyntaxError', at: expect.arrayContaining([expect.stringMatching(/^at /)]) },
      },
    })
  })
})

describe('describeError', () => {
  it('repeats what a seal says', () => {
    const error = new SealError('ERR_SEAL_KEY_UNKNOWN', 'Give it again.')
    expect(describeError(error)).toMatchObject({ message: 'Give it again.' })
  })

  it('repeats our own messages', () => {
    const error = new OptionError('ERR_OPTION_INVALID', 'port', '"port" must be a number.')
    expect(describeError(error)).toMatchObject({
      name: 'OptionError',
      code: 'ERR_OPTION_INVALID',
      message: '"port" must be a number.',
    })
  })

  it('takes nothing of a message of many lines for a place', () => {
    const error = new TypeError(`first\n    at ${SECRET}\n    at (${SECRET}:1:1)`)
    expect(JSON.stringify(describeError(error))).not.toContain(SECRET)
  })

  it('describes what is no error by its type alone', () => {
    expect(describeError(SECRET)).toEqual({ name: 'string' })
  })

  it('ends where causes go in a circle', () => {
    const error = new Error('a')
    error.cause = error
    expect(describeError(error).cause?.cause?.cause?.cause).toBeUndefined()
  })
})

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
