import { oneOf, pattern, text } from './checks.ts'
import { error, isDate } from './judge.ts'
import { has, optional, type Profile, required, type Rule } from './profile.ts'

const LIFE = { min: 1800, max: 172_800 }
const TOPIC = /^[A-Za-z0-9 !#$%&()+\-:;<=.>?@[\]^_{}|~,\\]*$/
const REGIONS = 'AU|BR|CA|CN|DE|HK|IN|JP|MX|NL|SG|US'

/** Names the first character of a topic that Zoom does not take. */
const topicCharacters: Rule = ({ payload: { tpc } }) => {
  if (typeof tpc !== 'string' || TOPIC.test(tpc)) return undefined
  const letters = Array.from(tpc)
  const index = letters.findIndex((letter) => !TOPIC.test(letter))
  const code = letters[index]?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? ''
  return error(
    'topic',
    'payload.tpc',
    `"tpc" has a character at position ${index + 1} (U+${code}) that Zoom does not take. It takes letters, digits, space and ! # $ % & ( ) + - : ; < = . > ? @ [ ] ^ _ { } | ~ , \\`,
  )
}

const videoSdk: Profile = {
  vendor: 'zoom-video-sdk',
  title: 'Zoom Video SDK',
  signs: [has('app_key', 4), has('tpc', 4), has('role_type', 3)],
  algorithms: ['HS256'],
  claims: {
    app_key: required(text(128)),
    role_type: required(oneOf(0, 1)),
    tpc: required(text(200)),
    version: required(oneOf(1)),
    iat: required(),
    exp: required(),
    user_identity: optional(text(36)),
    user_key: optional(text(36)),
    session_key: optional(text(36)),
    geo_regions: optional(
      pattern(
        new RegExp(`^(?:${REGIONS})(?:,(?:${REGIONS}))*$`),
        `codes of ${REGIONS.replaceAll('|', ' ')} with commas between`,
      ),
    ),
    cloud_recording_option: optional(oneOf(0, 1)),
    cloud_recording_election: optional(oneOf(0, 1)),
    cloud_recording_transcript_option: optional(oneOf(0, 1, 2)),
    telemetry_tracking_id: optional(text()),
    video_webrtc_mode: optional(oneOf(0, 1)),
    audio_webrtc_mode: optional(oneOf(0, 1)),
  },
  life: LIFE,
  rules: [topicCharacters],
}

/** The web client needs both, native clients take a token with one of them for broken. */
const meetingAndRole: Rule = ({ payload }) => {
  const hasMeeting = Object.hasOwn(payload, 'mn')
  if (hasMeeting === Object.hasOwn(payload, 'role')) return undefined
  const [there, missing] = hasMeeting ? ['mn', 'role'] : ['role', 'mn']
  return error(
    'meeting-and-role',
    `payload.${missing}`,
    `"${there}" is there and "${missing}" is not: the web client needs both, native clients neither.`,
  )
}

const tokenEnd: Rule = ({ payload: { iat, tokenExp } }) => {
  if (!isDate(iat) || !isDate(tokenExp)) return undefined
  const lifetime = tokenExp - iat
  if (lifetime >= LIFE.min && lifetime <= LIFE.max) return undefined
  return error(
    'token-end',
    'payload.tokenExp',
    `"tokenExp" is ${lifetime} s after "iat"; Zoom takes ${LIFE.min} to ${LIFE.max}.`,
  )
}

const nativeMinimum: Rule = ({ payload }) => {
  const { iat, exp } = payload
  if (Object.hasOwn(payload, 'mn') || !isDate(iat) || !isDate(exp) || exp - iat !== LIFE.min) {
    return undefined
  }
  return {
    level: 'warning',
    rule: 'native-minimum',
    at: 'payload.exp',
    message: 'It lives exactly 1800 s, which Zoom’s native clients refuse. Give it a little more.',
  }
}

const meetingSdk: Profile = {
  vendor: 'zoom-meeting-sdk',
  title: 'Zoom Meeting SDK',
  signs: [has('appKey', 4), has('sdkKey', 4), has('mn', 2), has('tokenExp', 2)],
  algorithms: ['HS256'],
  claims: {
    appKey: required(text(128)),
    sdkKey: optional(text(128)),
    mn: optional(pattern(/^\d{1,32}$/, 'text of digits alone')),
    role: optional(oneOf(0, 1)),
    iat: required(),
    exp: required(),
    tokenExp: required(),
    video_webrtc_mode: optional(oneOf(0, 1)),
  },
  life: LIFE,
  rules: [
    meetingAndRole,
    tokenEnd,
    nativeMinimum,
    ({ payload: { appKey, sdkKey } }) =>
      appKey === undefined || sdkKey === undefined || appKey === sdkKey
        ? undefined
        : error('sdk-key', 'payload.sdkKey', '"sdkKey" and "appKey" must be the same.'),
  ],
}

/** What Zoom's SDK tokens look like. */
export const ZOOM: readonly Profile[] = [videoSdk, meetingSdk]
