import * as fc from 'fast-check'
import jwt from 'jsonwebtoken'
import { DEFAULT_ROOT, ISSUER_ALGORITHM, type IssuerKey, MAX_PERMISSIONS, TOKEN_LIMITS } from '#contract/index.ts'

/** Draws the same events each time, so that two runs compare. */
const SEED = 20_261_121
/** The service takes no more of a password or a header. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
const MAX_PASSWORD_BYTES = 65_535

/**
 * Events that try to make an authorizer work hard or fall over: signed tokens as long as they may be, whose permissions have as much as possible in
 * common with a role; tokens that are nested, cut, or of strange claims; passwords of any bytes; and events of any shape.
 */
export function hostileEvents(count: number, target: { key: IssuerKey; clientId: string; serverName: string }) {
  const { key, clientId, serverName } = target
  const iat = Math.floor(Date.now() / 1_000)
  const times = { iat, exp: iat + TOKEN_LIMITS.defaultLifetimeSeconds }
  const sign = (payload: object) => jwt.sign(payload, key.secret, { algorithm: ISSUER_ALGORITHM, keyid: key.kid })

  const words = [DEFAULT_ROOT, 'memory', 'responses', 'events', 'status', '+', '+', '${clientId}', 'a', '']
  const filter = fc
    .tuple(fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 7 }), fc.constantFrom('', '/#'))
    .map(([levels, end]) => `${levels.join('/')}${end}`)
    .filter((text) => text !== '')
  const wide = fc.constantFrom('#', '+/#', '+/+/#', '+/+/+', `${DEFAULT_ROOT}/#`, 'org/+/device/+/command/+')
  const given = fc.tuple(fc.constantFrom('', '', 'pub:', 'sub:', 'retain:'), fc.oneof(filter, wide))
  // a wide denial would leave nothing to work out
  const denied = fc.tuple(fc.constantFrom('!', '!pub:'), filter)
  const pattern = fc.oneof({ weight: 5, arbitrary: given }, denied).map((parts) => parts.join(''))
  const permissions = fc.uniqueArray(pattern, { minLength: MAX_PERMISSIONS - 8, maxLength: MAX_PERMISSIONS })
  const greedy = permissions.map((list) => sign({ sub: clientId, ...times, permissions: list }))

  const strange = fc
    .record({ sub: fc.jsonValue(), iat: fc.jsonValue(), permissions: fc.oneof(permissions, fc.jsonValue()) })
    .map((claims) => unsigned({ alg: ISSUER_ALGORITHM, kid: key.kid }, JSON.stringify(claims)))
  const nested = fc
    .tuple(fc.constantFrom('[', '{"a":', '{"a":1,"a":', '"\\u0061'), fc.integer({ min: 1, max: 2_000 }))
    .map(([part, times]) => unsigned({ alg: ISSUER_ALGORITHM, kid: key.kid }, part.repeat(times)))
  const changed = fc
    .tuple(greedy, fc.nat(), fc.string({ maxLength: 3 }))
    .map(([token, at, text]) => `${token.slice(0, at % token.length)}${text}${token.slice((at % token.length) + 1)}`)
  const bytes = fc
    .tuple(fc.constantFrom('.', 'a', 'e30.', ' ', '\u0000', 'é'), fc.integer({ min: 0, max: MAX_PASSWORD_BYTES }))
    .map(([part, length]) => part.repeat(length).slice(0, MAX_PASSWORD_BYTES))

  const token = fc.oneof({ weight: 4, arbitrary: greedy }, strange, nested, changed, bytes)
  const connect = token.map((password) => ({
    protocols: ['tls', 'mqtt'],
    protocolData: {
      tls: { serverName },
      mqtt: { username: '', password: Buffer.from(password).toString('base64'), clientId },
    },
    connectionMetadata: { id: 'connection' },
  }))
  const http = token.map((text) => ({
    protocols: ['tls', 'http'],
    protocolData: { tls: { serverName }, http: { headers: { authorization: `Bearer ${text}` }, queryString: '' } },
  }))
  const any = fc.oneof({ weight: 8, arbitrary: connect }, { weight: 1, arbitrary: http }, fc.anything())
  return fc.sample<unknown>(any, { numRuns: count, seed: SEED })
}

function unsigned(header: object, payload: string): string {
  return [JSON.stringify(header), payload, 'AAAA'].map((part) => Buffer.from(part).toString('base64url')).join('.')
}
