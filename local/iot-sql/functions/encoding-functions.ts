import { toText } from '../values.ts'
import type { SqlFunction } from './sql-function.ts'

const ENCODING = 'base64'

/** `encode` works on any payload, JSON or not. https://docs.aws.amazon.com/iot/latest/developerguide/binary-payloads.html */
export const ENCODING_FUNCTIONS: readonly SqlFunction[] = [
  {
    name: 'encode',
    minArguments: 2,
    maxArguments: 2,
    call([value, encoding]) {
      const text = toText(value)
      return encoding === ENCODING && text !== undefined ? Buffer.from(text).toString('base64') : undefined
    },
    callOnPayload(payload, [encoding]) {
      return encoding === ENCODING ? Buffer.from(payload).toString('base64') : undefined
    },
    refuseArguments([, encoding]) {
      if (encoding?.kind !== 'text' || encoding.value === ENCODING) return undefined
      return `expected the encoding '${ENCODING}', found ${JSON.stringify(encoding.value)}`
    },
  },
]
