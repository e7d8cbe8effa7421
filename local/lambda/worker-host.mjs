// The module each worker thread starts with: it loads one function and runs its invocations one after another.
// Plain JavaScript, since stripping types in every new thread adds 22 ms to a cold start of 55 ms.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'
import { getHeapStatistics } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'

const EXTENSIONS = ['', '.js', '.mjs', '.cjs']
const MODULE_NOT_FOUND = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']
// https://nodejs.org/api/process.html#exit-codes
const UNSETTLED_AWAIT = 13
const CONSOLE_LEVELS = { debug: 'DEBUG', error: 'ERROR', info: 'INFO', log: 'INFO', trace: 'TRACE', warn: 'WARN' }

/** @type {import('./host-protocol.ts').HostSettings} */
const settings = workerData
let loaded = false
/** @type {string | undefined} */
let requestId

const flushOutput = captureOutput()
process.on('uncaughtException', (error) => fail('Uncaught Exception', toFunctionError(error)))
process.on('unhandledRejection', (reason) =>
  fail('Unhandled Promise Rejection', {
    ...toFunctionError(reason),
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage: String(reason),
  }),
)
// The thread runs dry when nothing can settle what it waits for: the port is unreferenced during an invocation, and while
// the bundle loads nobody listens to it yet.
process.on('beforeExit', () => {
  if (!loaded) process.exit(UNSETTLED_AWAIT)
  if (requestId === undefined) return
  send({
    type: 'fatal',
    error: {
      errorType: 'Runtime.NodeJsExit',
      errorMessage:
        'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a ' +
        'Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
    },
  })
})
void start()

async function start() {
  send({ type: 'booted' })
  try {
    const handler = await loadHandler()
    parentPort.on('message', (message) => void invoke(handler, message))
    loaded = true
    send({ type: 'ready' })
  } catch (error) {
    loaded = true
    send({ type: 'initError', error: toFunctionError(error) })
  }
}

async function loadHandler() {
  const [, moduleName, exportPath] = /^(.*?)\.([^/]+)$/.exec(settings.handler)
  const file = EXTENSIONS.map((extension) => join(settings.codePath, moduleName + extension)).find(existsSync)
  if (!file) throw named('Runtime.ImportModuleError', `Error: Cannot find module '${moduleName}'`)

  const loaded = await importBundle(file)
  const handler = exportPath.split('.').reduce((value, key) => value?.[key] ?? value?.default?.[key], loaded)
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${settings.handler} is undefined or not exported`)
  }
  if (handler.length >= 3) {
    throw named(
      'Runtime.CallbackHandlerDeprecated',
      `${settings.handler} takes a callback (${handler.length} parameters), which Node.js 24 and later do not support on Lambda; ` +
        'make it async. See https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html',
    )
  }
  return handler
}

async function importBundle(file) {
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    if (error instanceof SyntaxError) throw named('Runtime.UserCodeSyntaxError', String(error), error.stack)
    if (MODULE_NOT_FOUND.includes(error?.code)) throw named('Runtime.ImportModuleError', String(error), error.stack)
    throw error
  }
}

/** @param {import('./host-protocol.ts').InvokeMessage} message */
async function invoke(handler, message) {
  requestId = message.requestId
  process.env._X_AMZN_TRACE_ID = message.traceHeader
  parentPort.unref()
  let answer
  try {
    const result = await handler(JSON.parse(message.eventJson), contextOf(message))
    answer = answerOf(result)
  } catch (error) {
    answer = { type: 'invokeError', error: toFunctionError(error) }
  }
  // A rejection that nobody handles is reported before this, and then decides.
  setImmediate(() => {
    flushOutput()
    if (answer.type === 'invokeError') logError('Invoke Error', answer.error)
    parentPort.ref()
    requestId = undefined
    send({ ...answer, heapUsedBytes: getHeapStatistics().used_heap_size })
  })
}

function contextOf(message) {
  const deadlineMs = Date.now() + message.timeoutMs
  const { env } = process
  return {
    awsRequestId: message.requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
    invokedFunctionArn: message.functionArn,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  }
}

function answerOf(result) {
  let payloadJson
  try {
    // A function or a symbol has no JSON either.
    payloadJson = JSON.stringify(result ?? null) ?? 'null'
  } catch {
    throw named('Runtime.JSONStringifyError', 'Unable to stringify response body')
  }
  const bytes = Buffer.byteLength(payloadJson)
  if (bytes <= settings.maxResponseBytes) return { type: 'result', payloadJson }

  const errorMessage = `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${settings.maxResponseBytes} bytes).`
  return { type: 'invokeError', error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } }
}

/** @returns {import('./function-error.ts').FunctionError} */
function toFunctionError(error) {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] }
    : { errorType: typeof error, errorMessage: String(error), trace: [] }
}

function named(name, message, stack) {
  const error = new Error(message)
  error.name = name
  error.stack = stack ?? `${name}: ${message}`
  return error
}

function fail(title, error) {
  flushOutput()
  logError(title, error)
  send({ type: 'fatal', error })
}

function logError(title, { errorType, errorMessage, trace }) {
  log(
    `${new Date().toISOString()}\t${requestId}\tERROR\t${title}\t${JSON.stringify({ errorType, errorMessage, stack: trace })}`,
  )
}

/** Console calls become one line each, in Lambda's format; text written to the streams is cut at line ends. Returns what writes a line without end. */
function captureOutput() {
  for (const [method, level] of Object.entries(CONSOLE_LEVELS)) {
    console[method] = (...values) => log(`${new Date().toISOString()}\t${requestId}\t${level}\t${format(...values)}`)
  }
  let rest = ''
  const write = (chunk, encoding, callback) => {
    const lines = (rest + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) log(line)
    const written = typeof encoding === 'function' ? encoding : callback
    if (written) process.nextTick(written)
    return true
  }
  process.stdout.write = write
  process.stderr.write = write
  return () => {
    if (rest !== '') log(rest)
    rest = ''
  }
}

function log(text) {
  send({ type: 'log', requestId, text })
}

/** @param {import('./host-protocol.ts').HostMessage} message */
function send(message) {
  parentPort.postMessage(message)
}
