export { countBody } from './metering.ts'
export { publishActions, publishRequest } from './publish.ts'
export { IOT_DATA_OPERATIONS, iotDataService } from './service.ts'
