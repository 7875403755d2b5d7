import { APPLE } from './apple.ts'
import type { Profile } from './profile.ts'
import { SDKS } from './sdks.ts'
import { SERVERS } from './servers.ts'
import { VONAGE } from './vonage.ts'
import { ZOOM } from './zoom.ts'

/** All that is known of vendors' tokens. */
export const PROFILES: readonly Profile[] = [...APPLE, ...ZOOM, ...VONAGE, ...SDKS, ...SERVERS]

/** The names that `--vendor` takes. */
export const VENDOR_NAMES: readonly string[] = [...new Set(PROFILES.map(({ vendor }) => vendor))]
