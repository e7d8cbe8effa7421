import { get, type RequestOptions } from 'node:https'
import { KEY_LIMITS } from '#contract/index.ts'

/**
 * Reads a JWKS document over https. A redirect is not followed: the document comes from where the operator said. Rejects when it takes longer
 * than `KEY_LIMITS.jwksTimeoutMs` in all, is larger than `KEY_LIMITS.jwksMaxBytes`, is not answered with 200, or is no JSON.
 */
export function fetchJwks(url: string, options: Pick<RequestOptions, 'ca' | 'signal'> = {}): Promise<unknown> {
  const signal = AbortSignal.timeout(KEY_LIMITS.jwksTimeoutMs)
  return new Promise((resolve, reject) => {
    const request = get(url, { signal, ...options, headers: { accept: 'application/json' } }, (response) => {
      const fail = (problem: string) => {
        response.destroy()
        reject(new Error(problem))
      }
      if (response.statusCode !== 200) {
        fail(`the key document was answered with ${response.statusCode}`)
        return
      }
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > KEY_LIMITS.jwksMaxBytes) fail(`the key document is over ${KEY_LIMITS.jwksMaxBytes} bytes`)
      })
      response.on('end', () => {
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')))
        } catch {
          reject(new Error('the key document is no JSON'))
        }
      })
    })
    request.on('error', reject)
  })
}
