export { certificateProblem } from './client-certificate.ts'
export { type ConnectionRights, createConnectionGate, type GateOptions } from './connection-gate.ts'
export { createPublishGate, type PublishVerdict } from './publish-gate.ts'
export { readTokenSigning } from './token-signature.ts'
