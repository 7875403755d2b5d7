import { APPLE } from './apple.ts'
import { COMMUNICATION } from './communication.ts'
import { PLATFORMS } from './platforms.ts'
import { SMALL } from './small.ts'
import type { VendorCommand } from './vendor.ts'
import { ZOOM } from './zoom.ts'

/** All vendors that there are commands for, in the order of the help. */
export const VENDORS: readonly VendorCommand[] = Object.freeze([
  ...APPLE,
  ...ZOOM,
  ...COMMUNICATION,
  ...SMALL,
  ...PLATFORMS,
])
