import type { JsonValue } from '../values/values.ts'

/** Of one FileDescriptorSet. https://docs.aws.amazon.com/iot/latest/developerguide/binary-payloads.html#binary-payloads-protobuf */
export const MAX_DESCRIPTOR_BYTES = 32 * 1024

/**
 * Decodes a protobuf message by a FileDescriptorSet, for who answers `decode(value, 'proto', …)`. The result is protobuf's
 * own JSON: names in lowerCamelCase, 64-bit integers, and bytes as base64, as texts. Throws for a descriptor that is
 * too large or does not have the message, and for bytes that are no such message.
 */
export async function decodeProtobuf(
  descriptorSet: Uint8Array,
  { messageType, value }: { readonly messageType: string; readonly value: Uint8Array },
): Promise<JsonValue> {
  if (descriptorSet.length > MAX_DESCRIPTOR_BYTES) {
    const found = `got ${descriptorSet.length}`
    throw new RangeError(`expected a FileDescriptorSet of at most ${MAX_DESCRIPTOR_BYTES} bytes, ${found}`)
  }
  // loaded here, since few rules need it
  const { Root } = await import('protobufjs')
  await import('protobufjs/ext/descriptor.js')
  const { toJson } = await import('protobufjs/ext/protojson.js')
  const type = Root.fromDescriptor(descriptorSet).lookupType(messageType)
  return toJson(type, type.decode(value)) as JsonValue
}
