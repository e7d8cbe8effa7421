import { EventEmitter } from 'node:events'
import { mkdirSync } from 'node:fs'
import dynalite from 'dynalite'

/** An answer of DynamoDB's JSON 1.0 protocol; `body` is JSON text. */
export interface DynamoDbResult {
  readonly status: number
  readonly body: string
}

export interface Engine {
  run(operation: string, body: Readonly<Record<string, unknown>>): Promise<DynamoDbResult>
  /** Waits for running operations, then closes the store. */
  close(): Promise<void>
}

const FOLDER_MODE = 0o700
// dynalite checks that a signature is there, not what it says.
const HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=local',
  'x-amz-date': '20260101T000000Z',
}

/**
 * Runs dynalite in this process without a socket: its request listener is given the request as events, which is all it
 * reads, and a response object with the four members it writes. `path` is created with mode 0700; without it, all is in memory.
 */
export function openEngine(options: { path?: string | undefined }): Engine {
  if (options.path !== undefined) mkdirSync(options.path, { recursive: true, mode: FOLDER_MODE })
  const server = dynalite({
    ...(options.path === undefined ? {} : { path: options.path }),
    createTableMs: 0,
    updateTableMs: 0,
    deleteTableMs: 0,
  })
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  function dispatch(operation: string, body: Readonly<Record<string, unknown>>): Promise<DynamoDbResult> {
    return new Promise((resolve) => {
      const request = Object.assign(new EventEmitter(), {
        method: 'POST',
        url: '/',
        headers: { ...HEADERS, 'x-amz-target': `DynamoDB_20120810.${operation}` },
      })
      const response = {
        statusCode: 200,
        setHeader() {},
        end(text: unknown) {
          resolve({ status: response.statusCode, body: String(text) })
        },
      }
      server.emit('request', request, response)
      request.emit('data', Buffer.from(JSON.stringify(body)))
      request.emit('end')
    })
  }

  async function shutDown(): Promise<void> {
    await Promise.allSettled(running)
    // dynalite closes its store only when its server had been listening; without the listener nothing is served there.
    server.removeAllListeners('request')
    await new Promise<void>((resolve, reject) => {
      server.listen({ host: '127.0.0.1', port: 0 }, () => {
        server.close((failure) => (failure ? reject(failure) : resolve()))
      })
    })
  }

  return {
    run(operation, body) {
      if (closing !== undefined) return Promise.reject(new Error('the DynamoDB store is closed'))
      const result = dispatch(operation, body)
      running.add(result)
      const done = () => running.delete(result)
      result.then(done, done)
      return result
    },
    close() {
      closing ??= shutDown()
      return closing
    },
  }
}
