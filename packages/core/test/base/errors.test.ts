import { inspect } from 'node:util'
import { RequestError, SourceError } from '@mayfly/core'
import { afterEach, describe, expect, it } from 'vitest'

const limit = Error.stackTraceLimit

afterEach(() => {
  Error.stackTraceLimit = limit
})

function expired(): RequestError {
  return new RequestError('ERR_TOKEN_EXPIRED', 'The token has expired.', {
    reason: 'token_expired',
  })
}

describe('A refusal', () => {
  it('has no stack, which would take longer than the refusing', () => {
    const { stack = '' } = expired()
    expect(stack.split('\n')).toHaveLength(1)
    expect(inspect(expired())).toContain('RequestError: The token has expired.')
  })

  it('leaves the stacks of all other errors as they were', () => {
    Error.stackTraceLimit = 3
    expired()
    expect(Error.stackTraceLimit).toBe(3)
    const { stack = '' } = new SourceError('ERR_MINT_FAILED', 'No token.')
    expect(stack.split('\n')).toHaveLength(4)
  })

  it('can be made where the depth of stacks cannot be set, or is not known', () => {
    Reflect.deleteProperty(Error, 'stackTraceLimit')
    expect(expired().message).toBe('The token has expired.')
    expect(Object.hasOwn(Error, 'stackTraceLimit')).toBe(false)
    Object.defineProperty(Error, 'stackTraceLimit', {
      value: 7,
      writable: false,
      configurable: true,
    })
    expect(expired().message).toBe('The token has expired.')
    expect(Error.stackTraceLimit).toBe(7)
    Object.defineProperty(Error, 'stackTraceLimit', { value: limit, writable: true })
  })
})
