import type { IncomingMessage } from 'node:http'
import { ApiError } from './errors.ts'

/** Largest request body in bytes: DynamoDB's limit for a batch write, the largest of the services emulated. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Reads a whole body. Throws ApiError RequestEntityTooLargeException (413) as soon as the limit is passed. */
export async function readBody(request: IncomingMessage, maxBytes = MAX_BODY_BYTES): Promise<Buffer> {
  checkSize(Number(request.headers['content-length'] ?? 0), maxBytes)
  const chunks: Buffer[] = []
  let size = 0
  // Left early, the iterator must not destroy the socket that the refusal goes out on.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    checkSize(size, maxBytes)
    chunks.push(chunk)
  }
  const [only] = chunks
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size)
}

/** Parses a body as a JSON object; an empty one is `{}`. Throws ApiError SerializationException (400). */
export function parseJsonBody(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new ApiError('SerializationException', 400, 'expected a JSON body')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new ApiError('SerializationException', 400, 'expected a JSON object as body')
}

function checkSize(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes <= maxBytes) return
  const reason = `request body: expected at most ${maxBytes} bytes, got ${sizeBytes} or more`
  throw new ApiError('RequestEntityTooLargeException', 413, reason)
}
