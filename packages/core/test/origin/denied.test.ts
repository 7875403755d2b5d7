import { checkOrigin, compileOriginPatterns, type OriginOptions, RequestError } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { originError } from '../../src/origin/check.ts'

function denied(header: string | undefined, options?: OriginOptions): RequestError {
  const verdict = checkOrigin(compileOriginPatterns('secret-customer.example', options), header)
  if (verdict.allowed) throw new Error('The origin was allowed.')
  return originError(verdict, header)
}

describe('the error of a denied origin', () => {
  it('names the origin that was received, in its usual spelling, and never the allowed ones', () => {
    const error = denied('https://Evil.example:443')
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({
      code: 'ERR_ORIGIN',
      status: 403,
      reason: 'origin_mismatch',
      origin: 'https://evil.example',
      headers: { vary: 'Origin' },
    })
    expect(JSON.stringify(error.toProblem())).not.toContain('secret-customer')
  })

  it('does not repeat a header that is no origin: anything may be in it', () => {
    const error = denied('https://a.example/?token=hunter2')
    expect(error).toMatchObject({ status: 400, reason: 'origin_malformed', origin: undefined })
    expect(JSON.stringify(error.toProblem()) + String(error)).not.toContain('hunter2')
  })

  it('names the opaque origin, and no origin where there was none', () => {
    expect(denied('null')).toMatchObject({ reason: 'origin_null', origin: 'null' })
    expect(denied(undefined, { missingOrigin: 'deny' })).toMatchObject({
      status: 403,
      reason: 'origin_required',
      origin: undefined,
    })
  })

  it('says what a dot at the end did', () => {
    const error = denied('https://secret-customer.example.')
    expect(error).toMatchObject({
      reason: 'origin_trailing_dot',
      origin: 'https://secret-customer.example.',
    })
    expect(error.message).toContain('ends in a dot')
  })
})
