import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { openApiDocument } from '../../src/index.ts'

const issuer = 'https://auth.example.com'

test.each([
  { issuer },
  { issuer, telesign: 'public' },
  { issuer: `${issuer}/tokens` },
  { issuer, telesign: 'client', voicegain: false, metrics: 'client' },
] as const)('the document is OpenAPI 3.1 to the letter: %j', async (options) => {
  const result = await new Validator().validate(structuredClone({ ...openApiDocument(options) }))
  expect(result).toMatchObject({ valid: true })
})

test('the document lists only what is switched on', () => {
  const paths = (options: object) => Object.keys(openApiDocument({ issuer, ...options }).paths)
  expect(paths({})).not.toContain('/v1/token/{phone}')
  expect(paths({ telesign: 'public' })).toContain('/v1/token/{phone}')
  expect(paths({})).toContain('/metrics')
  expect(paths({ metrics: null })).not.toContain('/metrics')
  expect(paths({ voicegain: false })).not.toContain('/security/jwt')
})

test('an operation asks for a console token exactly where it can refuse one', () => {
  const { paths } = openApiDocument({ issuer, telesign: 'client', metrics: 'client' })
  for (const [path, item] of Object.entries(paths)) {
    for (const { security, responses } of Object.values(item)) {
      expect(Object.hasOwn(responses, '401'), path).toBe(security.length > 0)
    }
  }
})
