import type { ActionKit, ActionRun, Template } from '../prepared-action.ts'
import type { RepublishedMessage } from '../rule-targets.ts'
import type { RepublishHeaders } from '../topic-rule.ts'

/** https://docs.aws.amazon.com/iot/latest/developerguide/republish-rule-action.html */
export const MAX_USER_PROPERTIES = 100
const FORMATS = new Map([
  ['UTF8_DATA', true],
  ['UNSPECIFIED_BYTES', false],
])
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Compiles the templates of MQTT 5 headers; a header that renders to something illegal fails the action. */
export function prepareHeaders(
  headers: RepublishHeaders | undefined,
  { rule, template }: ActionKit,
): (run: ActionRun) => Promise<RepublishedMessage['properties']> {
  if (headers === undefined) return () => Promise.resolve({})
  const { userProperties = [], ...singles } = headers
  if (userProperties.length > MAX_USER_PROPERTIES) {
    const got = `got ${userProperties.length}`
    throw new TypeError(`rule ${rule.name}: expected at most ${MAX_USER_PROPERTIES} user properties, ${got}`)
  }
  const templates = Object.fromEntries(
    Object.entries(singles).map(([name, text]): [string, Template] => [name, template(text)]),
  )
  const pairs = userProperties.map(({ key, value }) => ({ key: template(key), value: template(value) }))

  return async (run) => {
    const text = async (name: keyof typeof singles) => templates[name]?.(run)
    const format = await text('payloadFormatIndicator')
    const correlationData = await text('correlationData')
    const messageExpiry = await text('messageExpiry')
    const contentType = await text('contentType')
    const responseTopic = await text('responseTopic')
    return {
      ...(format !== undefined && { payloadFormatIndicator: formatOf(format) }),
      ...(contentType !== undefined && { contentType }),
      ...(responseTopic !== undefined && { responseTopic }),
      ...(correlationData !== undefined && { correlationData: bytesOf(correlationData) }),
      ...(messageExpiry !== undefined && { messageExpiryInterval: secondsOf(messageExpiry) }),
      ...(pairs.length > 0 && { userProperties: await userPropertiesOf(pairs, run) }),
    }
  }
}

async function userPropertiesOf(pairs: readonly { key: Template; value: Template }[], run: ActionRun) {
  return Promise.all(
    pairs.map(async ({ key, value }): Promise<[name: string, value: string]> => [await key(run), await value(run)]),
  )
}

function formatOf(text: string): boolean {
  const format = FORMATS.get(text)
  if (format !== undefined) return format
  throw new TypeError(`header payloadFormatIndicator: expected ${[...FORMATS.keys()].join(' or ')}`)
}

function bytesOf(text: string): Buffer {
  if (BASE64.test(text) && text.length % 4 === 0) return Buffer.from(text, 'base64')
  throw new TypeError('header correlationData: expected base64')
}

function secondsOf(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new TypeError('header messageExpiry: expected whole seconds')
}
