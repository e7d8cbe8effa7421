import type { Argument } from '../syntax/ast.ts'
import { toText } from '../values/convert.ts'
import { decodeUtf8, parseJson } from '../values/json-text.ts'
import type { SqlValue } from '../values/values.ts'
import { type CallContext, define, type SqlFunction } from './sql-function.ts'

const BASE64 = 'base64'
const PROTO = 'proto'
const BASE64_TEXT = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/
/** value, 'proto', bucket, key, file name, message type */
const PROTO_ARGUMENTS = 6

/** `*` takes any payload, JSON or not. https://docs.aws.amazon.com/iot/latest/developerguide/binary-payloads.html */
export const ENCODING_FUNCTIONS: readonly SqlFunction[] = [
  define('encode', 2, ([value, scheme], _context, payload) => encode(value, scheme, payload), {
    since: '2016-03-23',
    payloadAt: 0,
    refuseArguments: (args) => refuseScheme(args, [BASE64]),
  }),
  define('decode', [2, PROTO_ARGUMENTS], decode, {
    since: '2016-03-23',
    payloadAt: 0,
    asks: ([, scheme]) => (scheme?.kind === 'text' && scheme.value === PROTO ? 'decode' : undefined),
    refuseArguments(args) {
      const isProto = args[1]?.kind === 'text' && args[1].value === PROTO
      if (args.length !== (isProto ? PROTO_ARGUMENTS : 2)) {
        return `expected ${isProto ? PROTO_ARGUMENTS : 2} arguments, found ${args.length}`
      }
      return refuseScheme(args, [BASE64, PROTO])
    },
  }),
]

function encode(value: SqlValue, scheme: SqlValue, payload: Uint8Array | undefined): SqlValue {
  if (scheme !== BASE64) return undefined
  const bytes = payload ?? toText(value)
  return bytes === undefined ? undefined : Buffer.from(bytes as Uint8Array).toString(BASE64)
}

function decode(args: readonly SqlValue[], context: CallContext, payload?: Uint8Array): SqlValue {
  const [value, scheme] = args
  if (scheme === PROTO) return decodeMessage(args, context, payload)
  const text = payload === undefined ? value : decodeUtf8(payload)
  if (scheme !== BASE64 || typeof text !== 'string') return undefined
  const decoded = BASE64_TEXT.test(text) ? decodeUtf8(Buffer.from(text, BASE64)) : undefined
  return decoded === undefined ? null : (parseJson(decoded, context.settings.wholeIsInt) ?? decoded)
}

/** A value that is no whole payload is the base64 of the message. */
function decodeMessage(args: readonly SqlValue[], context: CallContext, payload?: Uint8Array): SqlValue {
  const [value, , bucketName, objectKey, protoName, messageType] = args
  const bytes = payload ?? (typeof value === 'string' ? Buffer.from(value, BASE64) : undefined)
  if (bytes === undefined || typeof bucketName !== 'string' || typeof objectKey !== 'string') return undefined
  if (typeof protoName !== 'string' || typeof messageType !== 'string') return undefined
  return context.external({ function: 'decode', value: bytes, bucketName, objectKey, protoName, messageType })
}

/** The scheme is a mode: a text as written, no variable. */
function refuseScheme([, scheme]: readonly Argument[], schemes: readonly string[]): string | undefined {
  const expected = `expected the scheme ${schemes.map((one) => `'${one}'`).join(' or ')}`
  if (scheme?.kind === 'variable') return `${expected} as a text, found ${scheme.name}`
  if (scheme?.kind !== 'text' || schemes.includes(scheme.value)) return undefined
  return `${expected}, found ${JSON.stringify(scheme.value)}`
}
