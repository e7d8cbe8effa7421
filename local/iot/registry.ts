import type { KeyObject } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { storedMap } from './stored-map.ts'

/** What an API call made is kept over restarts; what the template says comes anew from it. */
interface Origin {
  fromApi?: true
}

/** A thing of the registry. */
export interface Thing extends Origin {
  thingName: string
  thingTypeName?: string
  attributes: Record<string, string>
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/thing-groups.html */
export interface ThingGroup extends Origin {
  thingGroupName: string
  description?: string
  attributes: Record<string, string>
}

export const CERTIFICATE_STATUSES = ['ACTIVE', 'INACTIVE', 'REVOKED'] as const
export type CertificateStatus = (typeof CERTIFICATE_STATUSES)[number]

/** A client certificate, with what it is attached to. Only an ACTIVE one gets in. */
export interface Certificate {
  /** SHA-256 of the DER in hex. */
  certificateId: string
  arn: string
  pem: string
  status: CertificateStatus
  /** Of the authority it was registered under; absent for one that this account made or registered without. */
  caCertificateId?: string
  createdAtSeconds: number
  thingNames: string[]
  policyNames: string[]
}

/** A registered authority of client certificates. */
export interface CertificateAuthority {
  certificateId: string
  arn: string
  pem: string
  status: 'ACTIVE' | 'INACTIVE'
  createdAtSeconds: number
}

/** The keys that the gateway checks signatures of tokens with, and where it finds a token. */
export interface TokenSigning {
  tokenKeyName: string
  publicKeys: readonly KeyObject[]
}

export interface Authorizer {
  name: string
  arn: string
  functionArn: string
  isActive: boolean
  /** Where clients put a token that the function gets as `token`. */
  tokenKeyName?: string
  /** Present: tokens must be signed, or the function is not asked. */
  signing?: TokenSigning
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iot-domainconfiguration.html */
export interface DomainConfiguration {
  name: string
  arn: string
  domainName: string
  authenticationType: string
  applicationProtocol: string
  defaultAuthorizerName: string
  allowAuthorizerOverride: boolean
  securityPolicy: string
  isEnabled: boolean
}

export interface NamedPolicy extends Origin {
  name: string
  arn: string
  document: unknown
}

/**
 * What the template and the control plane put into AWS IoT Core. To change a value, set it again: only then is it kept.
 */
export interface IotRegistry {
  readonly things: Map<string, Thing>
  readonly thingGroups: Map<string, ThingGroup>
  /** Names of things by name of group. */
  readonly groupMembers: Map<string, readonly string[]>
  /** By certificate id: SHA-256 of the DER in hex. */
  readonly certificates: Map<string, Certificate>
  readonly authorities: Map<string, CertificateAuthority>
  readonly thingTypes: Set<string>
  readonly authorizers: Map<string, Authorizer>
  readonly domains: Map<string, DomainConfiguration>
  readonly policies: Map<string, NamedPolicy>
}

/** Keeps in `db` what API calls made; without one, nothing outlives the process. */
export function createIotRegistry(db?: DatabaseSync): IotRegistry {
  const isFromApi = ({ fromApi }: Origin) => fromApi === true
  return {
    things: storedMap<Thing>(db, 'thing', isFromApi),
    thingGroups: storedMap<ThingGroup>(db, 'thing-group', isFromApi),
    groupMembers: storedMap<readonly string[]>(db, 'group-members'),
    certificates: storedMap<Certificate>(db, 'certificate'),
    authorities: storedMap<CertificateAuthority>(db, 'authority'),
    thingTypes: new Set(),
    authorizers: new Map(),
    domains: new Map(),
    policies: storedMap<NamedPolicy>(db, 'policy', isFromApi),
  }
}
