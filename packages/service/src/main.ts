#!/usr/bin/env node
import { systemClock } from '@mayfly/core'
import { Command } from 'commander'
import { configureServe, processWorld } from './serve.ts'

const program = configureServe(new Command('mayfly-service'), processWorld(systemClock))
try {
  await program.parseAsync()
} catch (error) {
  // What is wrong with the command line or the ledger is said in a sentence; the rest is for us.
  const known = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')
  const { describeError } = await import('./ops/log.ts')
  const text = known
    ? `error: ${error.message}`
    : `This is a fault of Mayfly: ${JSON.stringify(describeError(error))}`
  process.stderr.write(`${text}\n`)
  process.exitCode = known ? 2 : 70
}
