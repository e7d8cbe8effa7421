export { announceBridge } from './announce.ts'
export { announcerEvents, answersEvents, httpEvents, requesterEvents } from './asking-exercise.ts'
export {
  assemblyWith,
  functionResource,
  patchedAssembly,
  readTemplate,
  sharedFolders,
  standBefore,
  type Template,
} from './assembly.ts'
export { billedSince, partOf } from './billed.ts'
export { awsOptions, type Bridge, type ConnectOptions, NAMES, readIssuerKey, startBridge } from './bridge.ts'
export {
  type BridgeProcess,
  type CommandResult,
  runCommand,
  startBridgeProcess,
  temporaryFolder,
} from './bridge-process.ts'
export { runHere } from './command-line.ts'
export { connectDevice, type Device, disconnected, envelopeOf, type Received, ROOT, untraced } from './device.ts'
export { patiently } from './inbox.ts'
export { connectKept } from './kept-session.ts'
export { killableAssembly } from './killing-bundle.ts'
export { quickKeysAssembly } from './quick-keys.ts'
export type { FunctionEntry } from './recorded-log.ts'
export {
  ANSWER,
  ASYNC,
  answerTo,
  connectAsked,
  counted,
  questionTo,
  type RequestsApi,
  requestsApi,
  requestsApiAt,
} from './requests-api.ts'
export { stepsOf, traceWith } from './traces.ts'
export { answerOk, startTestUpstream, type TestUpstream } from './upstream.ts'
