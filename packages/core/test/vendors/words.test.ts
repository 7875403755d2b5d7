import { bearerFetch } from '@mayfly/core'
import {
  apns,
  appStoreServer,
  clientCredentials,
  jwtSource,
  zoomMeetingSdk,
  zoomVideoSdk,
} from '@mayfly/core/vendors'
import { describe, expect, it } from 'vitest'
import { TEAM } from './apple/tokens.ts'

const { teamId, keyId, privateKey } = TEAM
const session = { sdkKey: 'key', sdkSecret: 'a-secret-of-zoom', topic: 'Cars' }
const meeting = { clientId: 'id', clientSecret: 'a-secret-of-zoom', meetingNumber: '123' }
const client = { tokenEndpoint: 'https://a.example/token', clientId: 'a', clientSecret: 'b' }
const store = { keyId, privateKey, issuerId: 'a', bundleId: 'b' }
const ROLES = '"role" must be "host" or "participant"'
const PLACES = '"environment" must be "production" or "sandbox"'

type Case = readonly [what: string, make: () => unknown, message: string]

const cases: readonly Case[] = [
  [
    'a role by another name',
    () => zoomVideoSdk({ ...session, role: 'cohost' as never }),
    `${ROLES}, not another text. Did you mean "host"?`,
  ],
  [
    'a role that is nothing like one',
    () => zoomVideoSdk({ ...session, role: 'x' as never }),
    `${ROLES}, not another text.`,
  ],
  [
    'a role as Zoom’s number',
    () => zoomVideoSdk({ ...session, role: 1 as never }),
    `${ROLES}: what Zoom calls 1 is "host".`,
  ],
  [
    'a role as a number in text',
    () => zoomMeetingSdk({ ...meeting, role: '0' as never }),
    `${ROLES}: what Zoom calls 0 is "participant".`,
  ],
  [
    'an empty role',
    () => zoomMeetingSdk({ ...meeting, role: '' as never }),
    `${ROLES}, not an empty string.`,
  ],
  [
    'a role that is an object',
    () => zoomMeetingSdk({ ...meeting, role: {} as never }),
    `${ROLES}, not an object.`,
  ],
  [
    'a switch that is a word',
    () => zoomVideoSdk({ ...session, role: 'host', cloudRecordingOption: '1' as never }),
    '"cloudRecordingOption" must be the number 0 or 1, not a string.',
  ],
  [
    'a switch of three',
    () => zoomVideoSdk({ ...session, role: 'host', cloudRecordingTranscriptOption: 3 as never }),
    '"cloudRecordingTranscriptOption" must be the number 0 or 1 or 2, not 3.',
  ],
  [
    'another environment',
    () => appStoreServer({ ...store, environment: 'Sandbox' as never }),
    `${PLACES}, not another text. Did you mean "sandbox"?`,
  ],
  [
    'another environment',
    () => apns({ teamId, keyId, privateKey, environment: 'development' as never }),
    `${PLACES}, not another text.`,
  ],
  [
    'a way to authenticate',
    () => clientCredentials({ ...client, authentication: 'client_secret_jwt' as never }),
    '"authentication" must be "client_secret_basic" or "client_secret_post", not another text. Did you mean "client_secret_post"?',
  ],
  [
    'what becomes of other origins',
    () => bearerFetch(appStoreServer(store), { onForeignOrigin: 'allow' as never }),
    '"onForeignOrigin" must be "refuse" or "pass", not another text.',
  ],
  [
    'an algorithm',
    () =>
      jwtSource({ algorithm: 'none' as never, key: 'x', claims: {}, lifetime: 60, origins: [] }),
    '"algorithm" must be one of HS256, HS384, HS512, RS256',
  ],
]

describe('an option that takes a few values', () => {
  it.each(cases)('names them all to somebody who gives %s', (_what, make, message) => {
    expect(make).toThrow(expect.objectContaining({ name: 'OptionError' }))
    expect(make).toThrow(message)
  })

  it('does not repeat what was given: it may have been meant for a secret', () => {
    const make = (): unknown => zoomVideoSdk({ ...session, role: 'kZ3rL0pQ8s' as never })
    expect(make).toThrow(/^(?!.*kZ3rL0pQ8s)/)
  })
})
