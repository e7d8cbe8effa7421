import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { IClientOptions, MqttClient } from 'mqtt'
import { bridgeError } from '#contract/index.ts'
import type { ConnectOptions } from '../api/options.ts'
import type { Platform } from './platform.ts'
import { type Credentials, secureContextOf } from './secure-contexts.ts'

/** ALPN protocol with which AWS IoT Core takes MQTT and custom authorizers on port 443. https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html */
const MQTT_ALPN = ['mqtt']

/** Like the security policy IoTSecurityPolicy_TLS13_1_3_2022_10 of the endpoints. */
const MIN_TLS_VERSION = 'TLSv1.3'

/** TCP, TLS 1.3 and WebSockets, each with Nagle's algorithm off. */
export const nodePlatform: Platform = {
  transportOptions(options) {
    const { protocol, hostname } = new URL(options.url)
    const isSecure = protocol === 'mqtts:' || protocol === 'wss:'
    if (!isSecure && protocol !== 'mqtt:' && protocol !== 'ws:') {
      throw invalid(`expected a URL with mqtts, wss, mqtt or ws, got ${protocol.slice(0, -1)}`)
    }
    if (!isSecure) {
      for (const name of ['ca', 'cert', 'key', 'serverName', 'alpn'] as const) {
        if (options[name] !== undefined) throw invalid(`${name} is for TLS, and ${protocol}// has none`)
      }
      return {}
    }
    const tls = tlsOptions(options, hostname)
    if (protocol === 'mqtts:') return { ...tls, ALPNProtocols: [...(options.alpn ?? MQTT_ALPN)] }
    if (options.alpn !== undefined) throw invalid('alpn is for mqtts://, a WebSocket has that of HTTP')
    return { wsOptions: tls }
  },
  prepare({ stream }: MqttClient) {
    // Small packets go out at once: with Nagle's algorithm they wait for the acknowledgement of the one before, 44 ms on loopback.
    // A WebSocket of the library does so by itself.
    if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true)
  },
  atEndOfTurn: (callback) => void setImmediate(callback),
}

function tlsOptions({ ca, cert, key, serverName }: ConnectOptions, hostname: string): IClientOptions {
  if ((cert === undefined) !== (key === undefined)) throw invalid('cert and key belong together')
  const name = serverName ?? (isIP(hostname) === 0 ? hostname : undefined)
  const credentials = {
    minVersion: MIN_TLS_VERSION,
    ...(ca !== undefined && { ca: (typeof ca === 'string' ? [ca] : [...ca]).map((one) => pem('ca', one)) }),
    ...(cert !== undefined && { cert: pem('cert', cert) }),
    ...(key !== undefined && { key: pem('key', key) }),
  } as const
  const secureContext = createContext(credentials)
  return {
    // of Node's TLS, which the library hands it on to
    ...{ secureContext, minVersion: MIN_TLS_VERSION },
    rejectUnauthorized: true,
    ...(name !== undefined && { servername: name }),
  }
}

function createContext(credentials: Credentials) {
  try {
    return secureContextOf(credentials)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw bridgeError('configuration_invalid', { problem: `ca, cert or key: ${reason}` }, { cause })
  }
}

function pem(option: string, textOrFile: string): string {
  if (textOrFile.includes('-----BEGIN ')) return textOrFile
  try {
    return readFileSync(textOrFile, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    throw bridgeError('configuration_invalid', { problem: `${option}: cannot read ${textOrFile} (${code})` }, { cause })
  }
}

function invalid(problem: string) {
  return bridgeError('configuration_invalid', { problem })
}
