import { SourceError } from '@mayfly/core'
import { clientCredentials } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'

const SECRET = 'Kx7&"pl<us>-9fQ2wZr8'
const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJvcmRlcnMifQ.${'c'.repeat(43)}`

/** Gets the error of a token endpoint that answers so. */
async function refused(
  status: number,
  body: string,
  type = 'application/json',
): Promise<SourceError> {
  const source = clientCredentials({
    tokenEndpoint: 'https://auth.example.com/token',
    clientId: 'orders',
    clientSecret: SECRET,
    origins: ['https://api.example.com'],
    clock: new FakeClock(),
    fetch: async () => new Response(body, { status, headers: { 'content-type': type } }),
  })
  const error: unknown = await source.getToken().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof SourceError) return error
  throw new Error(`A token was read out of ${body}`)
}

type Shape = readonly [what: string, body: string, words: string, permanent: boolean, type?: string]

const xml = 'application/xml'
const html = 'text/html'
const text = 'text/plain'
const form = 'application/x-www-form-urlencoded'

/** What servers say in the place of RFC 6749 section 5.2, with 200 or with 401. */
const SHAPES: readonly Shape[] = [
  [
    'RFC 6749',
    '{"error":"invalid_client","error_description":"no such client"}',
    'invalid_client: no such client.',
    true,
  ],
  [
    'words where the code should be',
    '{"error":"The client is not known"}',
    ': The client is not known.',
    false,
  ],
  [
    'an object',
    '{"error":{"message":"Bad client","code":"invalid_client"}}',
    'invalid_client: Bad client.',
    true,
  ],
  ['an object with words alone', '{"error":{"message":"Bad client"}}', ': Bad client.', false],
  [
    'Google’s',
    '{"error":{"code":401,"message":"Bad client","status":"UNAUTHENTICATED"}}',
    'UNAUTHENTICATED: Bad client.',
    true,
  ],
  [
    'a list',
    '{"errors":[{"code":"InvalidClient","detail":"Bad client"}]}',
    'InvalidClient: Bad client.',
    true,
  ],
  ['a list of texts', '{"errors":["Bad client"]}', ': Bad client.', false],
  [
    'a list at the top',
    '[{"errorCode":"INVALID_CLIENT","message":"Bad client"}]',
    'INVALID_CLIENT: Bad client.',
    true,
  ],
  ['Slack’s', '{"ok":false,"error":"invalid_auth"}', 'invalid_auth.', true],
  ['a failure', '{"success":false,"message":"Bad client"}', ': Bad client.', false],
  [
    'a code and words',
    '{"code":"unauthorized_client","message":"Bad client"}',
    'unauthorized_client: Bad client.',
    true,
  ],
  ['a number and words', '{"code":40013,"message":"Bad client"}', '40013: Bad client.', false],
  ['WeChat’s', '{"errcode":40013,"errmsg":"invalid appid"}', '40013: invalid appid.', false],
  [
    'Okta’s',
    '{"errorCode":"invalid_client","errorSummary":"Bad client"}',
    'invalid_client: Bad client.',
    true,
  ],
  [
    'Apigee’s',
    '{"fault":{"faultstring":"Bad client","detail":{"errorcode":"x"}}}',
    ': Bad client.',
    false,
  ],
  [
    'a form',
    'error=incorrect_client_credentials&error_description=Bad+client',
    'incorrect_client_credentials: Bad client.',
    true,
    form,
  ],
  [
    'XML',
    '<?xml version="1.0"?><r><code>1</code><message>Bad client, denied</message></r>',
    ': Bad client, denied.',
    false,
    xml,
  ],
  [
    'SOAP',
    '<e:Envelope><e:Fault><faultstring>Access denied</faultstring></e:Fault></e:Envelope>',
    ': Access denied.',
    false,
    xml,
  ],
  [
    'a page',
    '<!doctype html><html><head><title>403 Forbidden</title></head></html>',
    ': 403 Forbidden.',
    false,
    html,
  ],
  ['a line of text', 'Invalid credentials', ': Invalid credentials.', false, text],
  [
    'a busy one',
    '{"error":"rate_limited","message":"Slow down"}',
    'rate_limited: Slow down.',
    false,
  ],
  [
    'one that is down for a while',
    '{"error":"temporarily_unavailable"}',
    'temporarily_unavailable.',
    false,
  ],
]

describe('a token endpoint that refuses', () => {
  for (const status of [200, 401]) {
    for (const [what, body, words, permanent, type] of SHAPES) {
      it(`with ${status} is told by its own words: ${what}`, async () => {
        const error = await refused(status, body, type)
        expect(error).toMatchObject({ code: 'ERR_MINT_REFUSED', permanent })
        expect(error.message).toMatch(/^https:\/\/auth\.example\.com\/token answered \d+[ :]/)
        expect(error.message).toContain(words)
      })
    }
  }

  it.each<readonly [what: string, body: string, words: string]>([
    [
      'a problem (RFC 9457)',
      '{"type":"about:blank","title":"Unauthorized","detail":"Bad client","status":401}',
      'Bad client',
    ],
    [
      'AWS’s',
      '{"__type":"NotAuthorizedException","Message":"Bad client"}',
      'NotAuthorizedException: Bad client',
    ],
    ['an empty body', '', 'answered 400.'],
    ['an empty object', '{}', 'answered 400.'],
    ['broken JSON', '{"error":"inva', 'answered 400.'],
    ['numbers', '[1,2]', 'answered 400.'],
  ])('with 400 is told: %s', async (_what, body, words) => {
    const error = await refused(400, body)
    expect(error).toMatchObject({ code: 'ERR_MINT_REFUSED' })
    expect(error.message).toContain(words)
  })

  it.each([
    ['no token and no word', '{}', 'ERR_TOKEN_UNUSABLE'],
    ['a success without a token', '{"code":0,"message":"success","data":{}}', 'ERR_TOKEN_UNUSABLE'],
    ['another success', '{"status":"ok","message":"fine"}', 'ERR_TOKEN_UNUSABLE'],
    ['nothing', '', 'ERR_MINT_FAILED'],
    ['a page to sign in at', '<html><title>Sign in</title></html>', 'ERR_MINT_FAILED'],
  ])('is told from one that answers 200 with %s', async (_what, body, code) => {
    expect((await refused(200, body)).code).toBe(code)
  })

  it('does not follow a redirect to a page', async () => {
    const error = await refused(302, '<title>Moved</title>')
    expect(error).toMatchObject({ code: 'ERR_MINT_FAILED' })
    expect(error.message).toContain('redirects')
  })

  it('is quoted without the secret that it repeats, however it writes it', async () => {
    const markup = SECRET.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    const echoes = [
      JSON.stringify({ error: 'invalid_client', error_description: `no ${SECRET}!` }),
      JSON.stringify({ error: { message: `no ${SECRET}`, code: SECRET } }),
      JSON.stringify({ errors: [`no ${SECRET}`] }),
      JSON.stringify({ ok: false, error: SECRET }),
      JSON.stringify({ code: 1, message: `no ${encodeURIComponent(SECRET)}` }),
      JSON.stringify({ error: `Basic ${btoa(`orders:${encodeURIComponent(SECRET)}`)}` }),
      JSON.stringify({ error: `cut short: ${SECRET.slice(12)}` }),
      JSON.stringify({ error: `case: ${SECRET.toUpperCase()}` }),
      JSON.stringify({ error: 'invalid_grant', error_description: `assertion ${JWT} is wrong` }),
      `error=invalid_client&error_description=no+${encodeURIComponent(SECRET)}`,
      `<title>Error: ${markup.replaceAll('"', '&quot;')}</title>`,
      `<error>${markup.replaceAll('"', '&#34;')} denied</error>`,
      `Invalid: ${SECRET}`,
      `Invalid: token ${JWT}`,
    ]
    for (const body of echoes) {
      for (const status of [200, 400]) {
        const error = await refused(status, body)
        expect(error.code, body).toBe('ERR_MINT_REFUSED')
        const shown = `${error.message} ${JSON.stringify(error)} ${String(error.cause)}`
        for (const piece of [
          SECRET.slice(0, 6),
          SECRET.slice(12),
          SECRET.toUpperCase().slice(-8),
          'eyJ',
          'cccccccc',
        ]) {
          expect(shown, body).not.toContain(piece)
        }
      }
    }
  })
})
