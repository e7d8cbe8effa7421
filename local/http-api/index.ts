export type { HttpApi, HttpApis, Integration, Route, Stage, Throttle } from './apis.ts'
export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts'
export { HTTP_API_PARITY } from './parity.ts'
export { type HttpApiServer, openHttpApiServer } from './server.ts'
