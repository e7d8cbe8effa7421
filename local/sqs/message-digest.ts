import { createHash } from 'node:crypto'
import type { MessageAttribute } from './message.ts'

const STRING_TRANSPORT = 1
const BINARY_TRANSPORT = 2

/** MD5 in hexadecimal of a text's UTF-8 form; the SDK verifies it for bodies. */
export function textDigest(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

/**
 * MD5 in hexadecimal of message attributes; undefined for none.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function attributesDigest(attributes: Readonly<Record<string, MessageAttribute>>): string | undefined {
  const names = Object.keys(attributes).sort()
  if (names.length === 0) return undefined

  const hash = createHash('md5')
  const updateSized = (bytes: Buffer) => {
    const size = Buffer.alloc(4)
    size.writeUInt32BE(bytes.length)
    hash.update(size).update(bytes)
  }
  for (const name of names) {
    const { DataType = '', StringValue = '', BinaryValue } = attributes[name] ?? {}
    updateSized(Buffer.from(name))
    updateSized(Buffer.from(DataType))
    hash.update(Buffer.of(BinaryValue === undefined ? STRING_TRANSPORT : BINARY_TRANSPORT))
    updateSized(BinaryValue === undefined ? Buffer.from(StringValue) : Buffer.from(BinaryValue, 'base64'))
  }
  return hash.digest('hex')
}
