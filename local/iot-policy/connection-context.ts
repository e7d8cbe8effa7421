import { type CertificateFacts, certificateContext } from './certificate-context.ts'
import type { ContextValues } from './request-context.ts'

/** How a client proved who it is; named as the authentication types of a domain configuration. */
export type ConnectionAuthentication = 'AWS_X509' | 'CUSTOM_AUTH' | 'CUSTOM_AUTH_X509' | 'AWS_SIGV4'

/** A thing of the registry, as far as a connection's principal has to do with it. */
export interface ConnectionThing {
  readonly name: string
  readonly typeName?: string | undefined
  readonly attributes?: Readonly<Record<string, string>> | undefined
  /** The principal is attached to the thing. Default true. */
  readonly isAttached?: boolean | undefined
  /** The principal is attached to this thing alone, which then needs no client id of its name. Default false. */
  readonly isExclusive?: boolean | undefined
}

/** What is known of a connection. */
export interface ConnectionFacts {
  readonly authentication?: ConnectionAuthentication | undefined
  readonly clientId?: string | undefined
  readonly sourceIp?: string | undefined
  /** The host name that the client asked for. */
  readonly domainName?: string | undefined
  /** Of `PersistentConnect` and `LastWill`. */
  readonly connectAttributes?: readonly string[] | undefined
  /** ARN of the Will's topic. */
  readonly lastWillTopicArn?: string | undefined
  readonly thing?: ConnectionThing | undefined
  readonly certificate?: CertificateFacts | undefined
  /** HTTP has no connection, so none of the thing's variables. Default false. */
  readonly isHttp?: boolean | undefined
}

const THING = 'iot:Connection.Thing.'

/**
 * The condition keys of one connection.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-variables.html
 */
export function connectionContext(facts: ConnectionFacts): ContextValues {
  const { authentication, certificate } = facts
  // A token alone is no principal that things are attached to, and it brings no certificate.
  const hasPrincipal = authentication !== 'CUSTOM_AUTH'
  return {
    ...present('iot:ClientId', facts.clientId),
    ...present('aws:SourceIp', facts.sourceIp),
    ...present('iot:DomainName', facts.domainName),
    ...present('iot:ConnectAttributes', facts.connectAttributes),
    ...present('iot:LastWillTopic', facts.lastWillTopicArn),
    ...(hasPrincipal && !facts.isHttp && thingContext(facts)),
    ...(hasPrincipal && certificate !== undefined && certificateContext(certificate)),
  }
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html */
function thingContext({ thing, clientId }: ConnectionFacts): ContextValues {
  const isThings = thing?.isExclusive === true || clientId === undefined || clientId === thing?.name
  const isAttached = thing !== undefined && thing.isAttached !== false && isThings
  if (!isAttached) return { [`${THING}IsAttached`]: 'false' }
  const attributes = Object.entries(thing.attributes ?? {})
  return {
    [`${THING}IsAttached`]: 'true',
    [`${THING}ThingName`]: thing.name,
    ...present(`${THING}ThingTypeName`, thing.typeName),
    ...Object.fromEntries(attributes.map(([name, value]) => [`${THING}Attributes[${name}]`, value])),
  }
}

function present<Value extends string | readonly string[]>(key: string, value: Value | undefined) {
  return value === undefined ? {} : { [key]: value }
}
