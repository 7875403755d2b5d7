import { requireIdentifier, requireName } from '../../base/identifiers.ts'
import {
  type FieldCheck,
  jsonObject,
  objectOf,
  readFields,
  invalid,
  optionalBoolean,
  requireString,
} from '../../base/options.ts'

/** Lets somebody into video rooms. */
export interface TwilioVideoGrant {
  /** The room's name or SID. Default: any room. */
  readonly room?: string
}

/** Lets somebody make and take calls. */
export interface TwilioVoiceGrant {
  readonly incoming?: { readonly allow: boolean }
  readonly outgoing?: {
    /** The TwiML app, `AP…`. */
    readonly application_sid: string
    /** Parameters that the app is called with. */
    readonly params?: Readonly<Record<string, unknown>>
  }
  /** `CR…`. */
  readonly push_credential_sid?: string
  readonly endpoint_id?: string
}

/** Lets somebody use Conversations, formerly Chat. */
export interface TwilioChatGrant {
  /** The service, `IS…`. */
  readonly service_sid?: string
  readonly endpoint_id?: string
  /** `RL…`. */
  readonly deployment_role_sid?: string
  /** `CR…`. */
  readonly push_credential_sid?: string
}

/** Lets somebody use Sync. */
export interface TwilioSyncGrant {
  /** The service, `IS…` or `default`. */
  readonly service_sid?: string
  readonly endpoint_id?: string
}

/** Lets somebody work on tasks. */
export interface TwilioTaskRouterGrant {
  /** `WS…`. */
  readonly workspace_sid?: string
  /** `WK…`. */
  readonly worker_sid?: string
  readonly role?: string
}

/** What a token allows, by product, in the names that stand in the token. */
export interface TwilioGrants {
  readonly video?: TwilioVideoGrant
  readonly voice?: TwilioVoiceGrant
  readonly chat?: TwilioChatGrant
  readonly data_sync?: TwilioSyncGrant
  readonly task_router?: TwilioTaskRouterGrant
  /** The grant of a media player, as Twilio's API gave it. */
  readonly player?: Readonly<Record<string, unknown>>
}

const text: FieldCheck = (value, name) => requireName(value, name)

/** Checks and copies grants; there has to be one. */
export function compileGrants(grants: unknown): Readonly<Record<string, unknown>> {
  const compiled = readFields(grants, 'grants', {
    video: objectOf({ room: text }),
    voice: objectOf({
      incoming: objectOf({ allow: optionalBoolean }),
      outgoing: outgoing,
      push_credential_sid: sid('CR'),
      endpoint_id: text,
    }),
    chat: objectOf({
      service_sid: sid('IS'),
      endpoint_id: text,
      deployment_role_sid: sid('RL'),
      push_credential_sid: sid('CR'),
    }),
    data_sync: objectOf({ service_sid: text, endpoint_id: text }),
    task_router: objectOf({ workspace_sid: sid('WS'), worker_sid: sid('WK'), role: text }),
    player: jsonObject,
  })
  if (Object.keys(compiled).length > 0) return compiled
  throw invalid('grants', '"grants" is empty: the token would allow nothing. Name a product.')
}

/** Checks an id of Twilio's by the letters that say what it is of: they are easily mixed up. */
export function requireSid(value: unknown, name: string, prefix: string): string {
  const id = requireIdentifier(value, name, 64)
  if (id.startsWith(prefix)) return id
  throw invalid(name, `"${name}" must be an id that begins with ${prefix}.`)
}

function sid(prefix: string): FieldCheck {
  return (value, name) => requireSid(value, name, prefix)
}

const outgoing: FieldCheck = (value, name) => {
  const compiled = readFields(value, name, { application_sid: sid('AP'), params: jsonObject })
  requireString(compiled['application_sid'], `${name}.application_sid`)
  return compiled
}
