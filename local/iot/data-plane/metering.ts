import { ApiError, type ApiResponse, type UnsignedRequest } from '../../aws-api/index.ts'
import { type Count, stepsOf } from '../../meter/index.ts'

/**
 * Bodies of the data plane are metered as messages, those of refusals too: an empty one is none. With a message go its properties.
 * https://aws.amazon.com/iot-core/pricing/additional-details/
 */
export async function metered(
  count: Count,
  request: Pick<UnsignedRequest, 'headers' | 'body'>,
  answer: () => Promise<ApiResponse>,
): Promise<ApiResponse> {
  countBody(count, 'HTTP request', request.body.length + propertyBytes(request.headers))
  try {
    const response = await answer()
    countBody(count, 'HTTP response', Buffer.byteLength(response.body))
    return response
  } catch (error) {
    if (error instanceof ApiError) countBody(count, 'HTTP response', Buffer.byteLength(error.message))
    throw error
  }
}

export function countBody(count: Count, of: string, bytes: number): void {
  if (bytes > 0) count('iot.messages', of, stepsOf('iot', bytes))
}

function propertyBytes(headers: UnsignedRequest['headers']): number {
  const names = ['x-amz-mqtt5-user-properties', 'x-amz-mqtt5-correlation-data'] as const
  return names.reduce((sum, name) => sum + Buffer.from(String(headers[name] ?? ''), 'base64').length, 0)
}
