import { Sha256 } from '@aws-crypto/sha256-js'
import { IoTClient } from '@aws-sdk/client-iot'
import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsSettings } from './target.ts'

/** A request to an HTTP API with its body in JSON, and how it is signed for API Gateway. */
export interface HttpApiRequest {
  method: 'GET' | 'POST'
  url: URL
  body?: string
  headers?: Readonly<Record<string, string>>
}

export type SignHeaders = (request: HttpApiRequest) => Promise<Record<string, string>>

/** Signs with the credentials and the region that any client finds, as the AWS command line does. */
export function headerSigner(aws: AwsSettings): SignHeaders {
  const { credentials, region } = new IoTClient(aws).config
  const signer = new SignatureV4({ service: 'execute-api', credentials, region, sha256: Sha256 })
  return async ({ method, url, body, headers: own }) => {
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...own, host: url.host, 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    })
    return headers
  }
}
