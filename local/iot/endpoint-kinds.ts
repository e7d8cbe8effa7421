import type { DomainConfiguration, IotRegistry } from './registry.ts'

/** What each listener of the runtime serves; the protocol and authentication of a domain configuration. */
export const ENDPOINT_KINDS = {
  mqtt: { authenticationType: 'CUSTOM_AUTH', applicationProtocol: 'SECURE_MQTT' },
  wss: { authenticationType: 'CUSTOM_AUTH', applicationProtocol: 'MQTT_WSS' },
  mutualTls: { authenticationType: 'CUSTOM_AUTH_X509', applicationProtocol: 'SECURE_MQTT' },
  https: { authenticationType: 'CUSTOM_AUTH', applicationProtocol: 'HTTPS' },
  certificates: { authenticationType: 'AWS_X509', applicationProtocol: 'SECURE_MQTT' },
} as const

export type EndpointKind = keyof typeof ENDPOINT_KINDS

/** The listener that serves a domain configuration; undefined when the runtime has none for it. */
export function endpointKindOf(domain: DomainConfiguration): EndpointKind | undefined {
  const kinds = Object.entries(ENDPOINT_KINDS) as [EndpointKind, (typeof ENDPOINT_KINDS)[EndpointKind]][]
  return kinds.find(
    ([, { authenticationType, applicationProtocol }]) =>
      domain.authenticationType === authenticationType && domain.applicationProtocol === applicationProtocol,
  )?.[0]
}

/**
 * The domain configuration that a connection came to: the enabled one for its listener that has the name the client asked for. On one machine
 * most share a name, so the listener decides first. A client that names no host gets the first of the listener. Otherwise
 * the answer says what was missing.
 */
export function selectDomain(
  { domains }: Pick<IotRegistry, 'domains'>,
  kind: EndpointKind,
  serverName: string | undefined,
): DomainConfiguration | string {
  const open = [...domains.values()].filter((one) => one.isEnabled && endpointKindOf(one) === kind)
  const { authenticationType, applicationProtocol } = ENDPOINT_KINDS[kind]
  const [first] = open
  if (!first) return `no enabled domain configuration is for ${applicationProtocol} with ${authenticationType}`
  if (serverName === undefined) return first
  const named = open.find(({ domainName }) => domainName.toLowerCase() === serverName.toLowerCase())
  return named ?? `no domain configuration of this endpoint has the host name ${serverName.slice(0, 128)}`
}
