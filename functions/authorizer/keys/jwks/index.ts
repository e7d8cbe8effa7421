export { fetchJwks } from './fetch-jwks.ts'
export { createJwks } from './jwks.ts'
export { keysOf } from './keys-of.ts'
