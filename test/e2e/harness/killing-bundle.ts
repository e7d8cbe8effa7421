import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { functionResource, patchedAssembly, standBefore } from './assembly.ts'

/**
 * Stands before a real bundle and ends the whole process, as `kill -9` does, when it comes to the step that the file `kill` beside the
 * template names: `<function> before|after <call>`. Calls are the handler itself, each call of AWS by operation and number within the
 * invocation (`UpdateItem 2`), and `upstream`.
 */
const BUNDLE = `
import { readFileSync, unlinkSync } from 'node:fs'
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'

const PATHS = [
  ['/durable-execution-callbacks/', 'Callback'],
  ['/invocations', 'Invoke'],
  ['/connections/', 'SendDirect'],
]
const file = process.env.LAMBDA_TASK_ROOT + '/../kill'
const name = process.env.AWS_LAMBDA_FUNCTION_NAME.split('-').at(-1)
const counts = new Map()

function step(place, call) {
  let wanted
  try {
    wanted = readFileSync(file, 'utf8')
  } catch {
    return
  }
  if (wanted !== name + ' ' + place + ' ' + call) return
  unlinkSync(file)
  process.kill(process.pid, 'SIGKILL')
}

function numbered(operation) {
  counts.set(operation, (counts.get(operation) ?? 0) + 1)
  return operation + ' ' + counts.get(operation)
}

const { request } = http
http.request = (options, ...rest) => {
  const target = Object.entries(options.headers ?? {}).find(([key]) => key.toLowerCase() === 'x-amz-target')?.[1]
  const [, byPath] = PATHS.find(([path]) => String(options.path).includes(path)) ?? []
  const call = numbered(target ? target.split('.').at(-1) : (byPath ?? 'Publish'))
  step('before', call)
  const sent = request(options, ...rest)
  sent.prependListener('response', () => step('after', call))
  return sent
}
syncBuiltinESMExports()

const { fetch } = globalThis
globalThis.fetch = async (...args) => {
  step('before', 'upstream')
  const response = await fetch(...args)
  step('after', 'upstream')
  return response
}

const { handler: real } = await import('./real.mjs')
export const handler = async (event, context) => {
  counts.clear()
  step('before', 'handler')
  const result = await real(event, context)
  step('after', 'handler')
  return result
}
`

/** An assembly in which the named functions may be killed at any step. */
export async function killableAssembly(functionNames: readonly string[]) {
  const wrap = (folder: string) => standBefore(folder, BUNDLE)
  const patched = await patchedAssembly(
    // fails here when a function is renamed
    (template) => void functionNames.map((name) => functionResource(template, name)),
    Object.fromEntries(functionNames.map((name) => [name, wrap])),
  )
  return {
    ...patched,
    /** The step that ends the process the next time it is reached. */
    killAt: (step: string) => writeFileSync(join(patched.folder, 'kill'), step),
  }
}
