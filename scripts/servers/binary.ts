import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program that a test needs and that npm does not bring. */
export interface Binary {
  /** What it is called, any of these. */
  readonly names: readonly string[]
  /** The package of Debian that has it. */
  readonly package: string
  /** Folders to look into after those of PATH. */
  readonly folders?: readonly string[]
}

/** Gives the path of a program, or `undefined` when this machine has none. */
function findBinary({ names, folders = [] }: Binary): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return [...path, ...folders]
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isExecutable)
}

/** Why a test cannot run here: the program that is missing and what brings it. */
function describeMissing({ names, package: debianPackage }: Binary): string {
  return `${names[0]} is not on this machine: install Debian's package "${debianPackage}" to run these tests.`
}

/**
 * Gives the path of a program that tests need. Without it they are skipped on a user's machine, with a
 * word why; where `CI=true` says that all must run, it is a failure.
 */
export function binaryForTests(binary: Binary): string | undefined {
  const found = findBinary(binary)
  if (found !== undefined) return found
  const reason = describeMissing(binary)
  if (process.env['CI'] === 'true') throw new Error(reason)
  console.warn(`skipped: ${reason}`)
  return undefined
}

/** Lists what a folder holds; nothing when it is not there. */
export function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
