export { deploymentNames } from '#contract/index.ts'
export { BridgeStack } from './bridge-stack.ts'
export { bundleAll, FUNCTION_NAMES, type FunctionName } from './bundles.ts'
export { type BridgeSettings, readSettings } from './settings.ts'
