import { createHmac } from 'node:crypto'

/** Header of the signature: `t=<seconds>,v1=<hex>`. */
export const SIGNATURE_HEADER = 'x-edge-signature'

/**
 * Signs a callback: HMAC-SHA256 over `<seconds>.<body>`, so that a receiver knows who sent it and when. The receiver compares in constant time
 * and refuses what is older than it likes.
 */
export function signatureOf(body: string, secret: string, nowSeconds: number): string {
  const digest = createHmac('sha256', secret).update(`${nowSeconds}.${body}`).digest('hex')
  return `t=${nowSeconds},v1=${digest}`
}
