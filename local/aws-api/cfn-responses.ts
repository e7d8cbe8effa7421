import { randomUUID } from 'node:crypto'
import { ApiError } from './errors.ts'
import { parseJsonBody } from './request-body.ts'
import type { Route } from './service.ts'

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
const MAX_RESPONSE_BYTES = 4096
const PATH_PREFIX = '/cfn-response/'

/** The answer of one custom resource that is still to come. */
export interface ExpectedResponse {
  /** Path to append to the server's URL for `ResponseURL`; usable once. */
  readonly path: string
  readonly response: Promise<Readonly<Record<string, unknown>>>
  /** Stops waiting: the response rejects with the reason given. */
  cancel(reason: Error): void
}

export interface CfnResponses {
  readonly route: Route
  expect(): ExpectedResponse
}

/**
 * Receives what custom resources put to their `ResponseURL`: a path with a random id, since the real one is a pre-signed
 * URL without further proof. An unknown or used path is 404, a body over 4,096 bytes 413.
 */
export function createCfnResponses(options: { newId?: () => string } = {}): CfnResponses {
  const newId = options.newId ?? randomUUID
  const waiting = new Map<string, (response: Readonly<Record<string, unknown>>) => void>()
  return {
    route: {
      method: 'PUT',
      pathPrefix: PATH_PREFIX,
      handle({ path, body }) {
        const resolve = waiting.get(path)
        if (resolve === undefined) throw new ApiError('NotFound', 404, 'no custom resource waits for this response')
        if (body.length > MAX_RESPONSE_BYTES) {
          const limit = `expected at most ${MAX_RESPONSE_BYTES} bytes, got ${body.length}`
          throw new ApiError('EntityTooLarge', 413, `custom resource response: ${limit}`)
        }
        const response = parseJsonBody(body)
        waiting.delete(path)
        resolve(response)
        return { status: 200, body: '' }
      },
    },
    expect() {
      const path = PATH_PREFIX + newId()
      const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>>>()
      waiting.set(path, resolve)
      return {
        path,
        response: promise,
        cancel(reason) {
          waiting.delete(path)
          reject(reason)
        },
      }
    },
  }
}
