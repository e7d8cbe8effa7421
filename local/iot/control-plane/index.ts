export type { ControlPlane } from './operation.ts'
export { IOT_CONTROL_OPERATIONS, iotControlService } from './service.ts'
