#!/usr/bin/env node
import { isMayflyError, systemClock } from '@mayfly/core'
import { Command, CommanderError } from 'commander'
import { LedgerError } from './ledger/errors.ts'
import { SealError } from './seal/errors.ts'
import { configureServe, processEnvironment } from './serve.ts'

/** The command line is wrong, or what it names cannot be used. */
const WRONG = 2
/** It is our fault. */
const FAULT = 70

const program = new Command('mayfly-service').exitOverride()
configureServe(program, processEnvironment(systemClock))
try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = await report(error)
}

/** What is wrong with the command line or the ledger is said in a sentence; the rest is for us. */
async function report(error: unknown): Promise<number> {
  // Commander has said it already; for help and version there is nothing wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG
  if (isMayflyError(error) || error instanceof LedgerError || error instanceof SealError) {
    process.stderr.write(`error: ${error.message}\n`)
    return WRONG
  }
  const { describeError } = await import('./ops/log.ts')
  process.stderr.write(`This is a fault of Mayfly: ${JSON.stringify(describeError(error))}\n`)
  return FAULT
}
