import type { AddCommand } from './context.ts'
import { addInspect } from './inspect/command.ts'
import { addVerify } from './verify/command.ts'
import { addToken } from './token/token.ts'

/** The commands in the order of the help. Each room adds its own. */
export const COMMANDS: readonly AddCommand[] = [addToken, addInspect, addVerify]
