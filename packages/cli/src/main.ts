#!/usr/bin/env node
import { processIo } from './io/process-io.ts'
import { runCli } from './program.ts'

process.exitCode = await runCli(processIo())
