/** What the gateway sends back. */
export interface GatewayAnswer {
  status: number
  headers: Record<string, string>
  cookies: readonly string[]
  body: Buffer
}

/** The gateway's own refusals, each with the text that AWS gives it. */
export const REFUSALS = {
  unauthorized: {
    ...refusal(401, 'Unauthorized'),
    headers: { 'content-type': 'application/json', 'www-authenticate': 'Bearer' },
  },
  forbidden: refusal(403, 'Forbidden'),
  notFound: refusal(404, 'Not Found'),
  tooLarge: refusal(413, 'Request Entity Too Large'),
  tooMany: refusal(429, 'Too Many Requests'),
  failed: refusal(500, 'Internal Server Error'),
  unavailable: refusal(503, 'Service Unavailable'),
} as const

function refusal(status: number, message: string): GatewayAnswer {
  const body = Buffer.from(JSON.stringify({ message }))
  return { status, headers: { 'content-type': 'application/json' }, cookies: [], body }
}

/**
 * Reads what a function returned, payload format 2.0: an object with `statusCode` is the whole answer, everything else its JSON body.
 * Undefined: it is neither, which callers are told as an internal error.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function readAnswer(payload: unknown): GatewayAnswer | undefined {
  if (payload === null || typeof payload !== 'object' || !('statusCode' in payload)) {
    const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload ?? null))
    return { status: 200, headers: { 'content-type': 'application/json' }, cookies: [], body }
  }
  const {
    statusCode,
    headers = {},
    cookies = [],
    body = '',
    isBase64Encoded = false,
  } = payload as Record<string, unknown>
  const status = Number(statusCode)
  const isValid =
    Number.isInteger(status) &&
    status >= 100 &&
    status <= 599 &&
    typeof headers === 'object' &&
    Array.isArray(cookies) &&
    (typeof body === 'string' || typeof body === 'object')
  if (!isValid) return undefined
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    status,
    // names are lower case, and a type that the function leaves out is text
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...lowerCase((headers ?? {}) as Record<string, unknown>) },
    cookies: cookies.map(String),
    body: Buffer.from(text, isBase64Encoded === true ? 'base64' : 'utf8'),
  }
}

function lowerCase(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
}
