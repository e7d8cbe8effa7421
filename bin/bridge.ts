#!/usr/bin/env node
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommandLine } from '#cli/index.ts'

process.exitCode = await runCommandLine(process.argv.slice(2), dirname(dirname(fileURLToPath(import.meta.url))))
