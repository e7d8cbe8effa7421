import type { UnsignedRequest } from '../../aws-api/index.ts'
import type { UserProperties } from '../../broker/index.ts'
import { invalid } from './errors.ts'

const FORMATS = ['UNSPECIFIED_BYTES', 'UTF8_DATA']

/** The MQTT 5 properties of a message that comes over HTTP; Publish and SendDirectMessage have them in the same places. */
export function messageProperties({ query, headers }: Pick<UnsignedRequest, 'query' | 'headers'>) {
  const header = (name: string) => {
    const value = headers[`x-amz-mqtt5-${name}`]
    return typeof value === 'string' ? value : undefined
  }
  const correlationData = header('correlation-data')
  const format = header('payload-format-indicator')
  if (format !== undefined && !FORMATS.includes(format)) {
    throw invalid(`expected a payload format indicator of ${FORMATS.join(', ')}, got ${format}`)
  }
  return {
    responseTopic: query.get('responseTopic') ?? undefined,
    contentType: query.get('contentType') ?? undefined,
    correlationData: correlationData === undefined ? undefined : Buffer.from(correlationData, 'base64'),
    payloadFormatIndicator: format === 'UTF8_DATA' ? true : undefined,
    userProperties: userProperties(header('user-properties')),
  }
}

/** Base64 of a JSON list of objects with one property each. */
function userProperties(header: string | undefined): UserProperties | undefined {
  if (header === undefined) return undefined
  return propertyList(header).flatMap((one) =>
    Object.entries(Object(one)).map(([name, value]): UserProperties[number] => {
      if (typeof value !== 'string') throw invalid(`expected user property ${name} to be text, got ${typeof value}`)
      return [name, value]
    }),
  )
}

function propertyList(header: string): unknown[] {
  try {
    const list: unknown = JSON.parse(Buffer.from(header, 'base64').toString('utf8'))
    if (Array.isArray(list)) return list
  } catch {
    // told below
  }
  throw invalid('expected user properties as base64 of a JSON list')
}
