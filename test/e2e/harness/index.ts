export {
  functionResource,
  PROJECT_FOLDER,
  patchedAssembly,
  type Resource,
  readTemplate,
  sharedFolders,
  type Template,
} from './assembly.ts'
export { awsOptions, type Bridge, type ConnectOptions, NAMES, readIssuerKey, startBridge } from './bridge.ts'
export {
  type BridgeProcess,
  type CommandResult,
  runCommand,
  startBridgeProcess,
  type Target,
  temporaryFolder,
} from './bridge-process.ts'
export { connectDevice, type Device, disconnected, envelopeOf, type Received, ROOT } from './device.ts'
export { createInbox, type Inbox, patiently } from './inbox.ts'
export { killableAssembly } from './killing-bundle.ts'
export type { FunctionEntry, RecordedLog } from './recorded-log.ts'
export { type Answer, answerOk, startTestUpstream, type TestUpstream, type UpstreamCall } from './upstream.ts'
