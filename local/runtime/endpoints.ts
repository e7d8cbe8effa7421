import { readFileSync } from 'node:fs'
import type { Broker } from '../broker/index.ts'
import {
  certificateProblem,
  type EndpointKind,
  endpointKindOf,
  type IotRegistry,
  openHttpsPublishListener,
} from '../iot/index.ts'
import type { CertificateSet } from '../tls/index.ts'
import { LOCAL_ACCOUNT, type RuntimeOptions } from './options.ts'
import type { Services } from './services.ts'

/** URLs by what is served there; MQTT over TLS always, the others where the template has a domain configuration for them. */
export type Endpoints = { mqtt: string } & Partial<Record<EndpointKind, string>>

export interface OpenEndpoints {
  readonly urls: Endpoints
  /** Opens those that the template has and did not have before. */
  openMissing(): Promise<void>
  close(): Promise<void>
}

/** Opens a listener for each kind of endpoint that the template has. Rejects when a port is taken; then none is left open. */
export async function openEndpoints(
  services: Pick<Services, 'broker' | 'registry' | 'publishGate' | 'arnPrefix' | 'meter'>,
  options: Pick<RuntimeOptions, 'mqttPort' | 'endpointPorts' | 'log'>,
  certificates: CertificateSet,
): Promise<OpenEndpoints> {
  const { broker, registry, publishGate, arnPrefix, meter } = services
  const { host } = LOCAL_ACCOUNT
  const { log } = options
  const tls = { key: readFileSync(certificates.keyFile), cert: readFileSync(certificates.certFile) }
  const ports = { wss: 0, mutualTls: 0, https: 0, certificates: 0, ...options.endpointPorts }
  const checkCertificate = (pem: string) => certificateProblem(pem, registry, Date.now())
  const opened = new AsyncDisposableStack()

  const open: Record<Exclude<EndpointKind, 'mqtt'>, () => Promise<string>> = {
    async wss() {
      const port = await listen(broker, { name: 'wss', port: ports.wss, tls, websocket: true })
      return `wss://${host}:${port}/mqtt`
    },
    mutualTls: () => openForCertificates('mutualTls'),
    certificates: () => openForCertificates('certificates'),
    async https() {
      const listener = await openHttpsPublishListener({
        port: ports.https,
        tls,
        broker,
        gate: publishGate,
        arnPrefix,
        log,
        count: meter.count,
      })
      opened.defer(() => listener.close())
      return `https://${host}:${listener.port}`
    },
  }

  async function openForCertificates(name: 'mutualTls' | 'certificates'): Promise<string> {
    const port = await listen(broker, { name, port: ports[name], tls, checkCertificate })
    return `mqtts://${host}:${port}`
  }

  async function openMissing(): Promise<void> {
    for (const kind of new Set(kinds(registry))) {
      if (kind !== 'mqtt' && urls[kind] === undefined) urls[kind] = await open[kind]()
    }
  }

  const mqttPort = await listen(broker, { name: 'mqtt', port: options.mqttPort, tls })
  const urls: Endpoints = { mqtt: `mqtts://${host}:${mqttPort}` }
  const close = () => opened.disposeAsync()
  try {
    await openMissing()
  } catch (error) {
    await close()
    throw error
  }
  return { urls, openMissing, close }
}

async function listen(
  broker: Broker,
  options: Parameters<Broker['listen']>[0] & { name: EndpointKind },
): Promise<number> {
  const { port } = await broker.listen({ host: '127.0.0.1', ...options })
  return port
}

function kinds({ domains }: Pick<IotRegistry, 'domains'>): EndpointKind[] {
  return [...domains.values()].filter(({ isEnabled }) => isEnabled).flatMap((domain) => endpointKindOf(domain) ?? [])
}

/** Enabled domain configurations that no listener serves, each with what it would take. */
export function closedEndpoints({ domains }: Pick<IotRegistry, 'domains'>): string[] {
  return [...domains.values()]
    .filter((domain) => domain.isEnabled && endpointKindOf(domain) === undefined)
    .map(
      ({ name, applicationProtocol, authenticationType }) => `${name} (${applicationProtocol}, ${authenticationType})`,
    )
}
