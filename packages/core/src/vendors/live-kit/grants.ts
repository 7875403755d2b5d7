import { requireName } from '../../base/identifiers.ts'
import {
  type FieldCheck,
  type Fields,
  objectOf,
  readFields,
  describe,
  invalid,
  optionalBoolean,
} from '../../base/options.ts'

/** What a track comes from. */
export type LiveKitTrackSource = (typeof SOURCES)[number]

/** What a token allows in rooms, in the names that stand in the token. */
export interface LiveKitVideoGrants {
  /** The room; needed for `roomJoin` and `roomAdmin`. */
  readonly room?: string
  /** May join the room. */
  readonly roomJoin?: boolean
  /** May make and delete rooms. */
  readonly roomCreate?: boolean
  /** May list rooms. */
  readonly roomList?: boolean
  /** May control the room. */
  readonly roomAdmin?: boolean
  /** May record and stream (Egress). */
  readonly roomRecord?: boolean
  /** May manage Ingress, in all rooms. */
  readonly ingressAdmin?: boolean
  /** May send tracks. Default, with `canSubscribe` left out as well: yes. */
  readonly canPublish?: boolean
  /** The only sources that may be sent; goes before `canPublish`. */
  readonly canPublishSources?: readonly LiveKitTrackSource[]
  /** May receive tracks. */
  readonly canSubscribe?: boolean
  /** May send data. Default: yes. */
  readonly canPublishData?: boolean
  /** May change its own metadata. Default: no. */
  readonly canUpdateOwnMetadata?: boolean
  /** May receive metrics. */
  readonly canSubscribeMetrics?: boolean
  /** May manage an agent's session. */
  readonly canManageAgentSession?: boolean
  /** Is not seen by others. */
  readonly hidden?: boolean
  /** Records the room, which is shown to others. */
  readonly recorder?: boolean
  /** May register as a worker for agents. */
  readonly agent?: boolean
  /** The room that this participant may be forwarded to. */
  readonly destinationRoom?: string
}

/** Grants of all kinds, each under its claim. */
export interface LiveKitGrants {
  readonly video?: LiveKitVideoGrants
  readonly sip?: { readonly admin?: boolean; readonly call?: boolean }
  readonly inference?: { readonly perform?: boolean }
  readonly observability?: { readonly write?: boolean }
}

const SOURCES = ['camera', 'microphone', 'screen_share', 'screen_share_audio'] as const

/** The claims that grants are in. */
export const GRANT_CLAIMS = ['video', 'sip', 'inference', 'observability'] as const

/** Grants that were checked and copied. */
export interface CompiledGrants {
  /** By claim. */
  readonly claims: Readonly<Record<string, unknown>>
  /** The token is for somebody who joins a room. */
  readonly joins: boolean
}

/** Checks and copies grants: those for rooms, or those of all kinds by claim. */
export function compileGrants(grants: unknown): CompiledGrants {
  const isByClaim = GRANT_CLAIMS.some((claim) => Object.hasOwn(Object(grants), claim))
  const claims = isByClaim
    ? readFields(grants, 'grants', {
        video: objectOf(VIDEO),
        sip: objectOf({ admin: optionalBoolean, call: optionalBoolean }),
        inference: objectOf({ perform: optionalBoolean }),
        observability: objectOf({ write: optionalBoolean }),
      })
    : { video: readFields(grants, 'grants', VIDEO) }
  const { room, roomJoin, roomAdmin } = Object(claims['video']) as LiveKitVideoGrants
  if (room === undefined && (roomJoin === true || roomAdmin === true)) {
    throw invalid('grants', '"grants" must name the "room" that "roomJoin" or "roomAdmin" is for.')
  }
  if (Object.values(claims).some((grant) => Object.keys(Object(grant)).length > 0)) {
    return { claims, joins: roomJoin === true }
  }
  throw invalid('grants', '"grants" is empty: the token would allow nothing.')
}

const text: FieldCheck = (value, name) => requireName(value, name)

const sources: FieldCheck = (value, name) => {
  const list: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined
  if (list?.every((one) => SOURCES.some((source) => source === one))) return [...list]
  const what = list === undefined ? describe(value) : 'what is in the list'
  throw invalid(name, `"${name}" must be a list of ${SOURCES.join(', ')}, not ${what}.`)
}

const VIDEO: Fields = {
  room: text,
  roomJoin: optionalBoolean,
  roomCreate: optionalBoolean,
  roomList: optionalBoolean,
  roomAdmin: optionalBoolean,
  roomRecord: optionalBoolean,
  ingressAdmin: optionalBoolean,
  canPublish: optionalBoolean,
  canPublishSources: sources,
  canSubscribe: optionalBoolean,
  canPublishData: optionalBoolean,
  canUpdateOwnMetadata: optionalBoolean,
  canSubscribeMetrics: optionalBoolean,
  canManageAgentSession: optionalBoolean,
  hidden: optionalBoolean,
  recorder: optionalBoolean,
  agent: optionalBoolean,
  destinationRoom: text,
}
