#!/usr/bin/env node
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommandLine } from '#cli/index.ts'

process.exitCode = await runCommandLine(process.argv.slice(2), dirname(dirname(fileURLToPath(import.meta.url))))

/** The engine of state machines leaves timers behind; what is done must not wait for them. */
const LEFT_MS = 1_000
setTimeout(() => process.exit(), LEFT_MS).unref()
