import { addCache } from './cache/command.ts'
import { addCompletion } from './completion/command.ts'
import type { AddCommand } from './context.ts'
import { addCurl } from './curl/curl.ts'
import { addExplain } from './explain/command.ts'
import { addGrants } from './grants/command.ts'
import { addInspect } from './inspect/command.ts'
import { addKeys } from './keys/command.ts'
import { addServe } from './serve/command.ts'
import { addToken } from './token/token.ts'
import { addVerify } from './verify/command.ts'

/** The commands in the order of the help. Each room adds its own. */
export const COMMANDS: readonly AddCommand[] = [
  addToken,
  addCurl,
  addInspect,
  addVerify,
  addExplain,
  addKeys,
  addServe,
  addGrants,
  // What is less often needed.
  addCache,
  addCompletion,
]
