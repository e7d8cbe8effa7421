import { bridgeError } from './errors.ts'
import type { EffectiveRights } from './rights.ts'

/** https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html (characters without white space) */
export const POLICY_LIMITS = { documents: 10, charactersPerDocument: 2_048 } as const

/** `Principal`-free statement as IoT policies and authorizer answers use them. */
export interface PolicyStatement {
  Effect: 'Allow'
  Action: string[]
  Resource: string[]
  Condition?: { StringEquals: { 'iot:DomainName': string } }
}

export interface PolicyDocument {
  Version: '2012-10-17'
  Statement: PolicyStatement[]
}

/** The fixed part of the ARNs: `arn:aws:iot:eu-west-1:123456789012`. */
export type ArnPrefix = `arn:${string}:iot:${string}:${string}`

/** The rights that are checked on a topic, and the policy action of each. */
const TOPIC_ACTIONS = [
  ['publish', 'iot:Publish'],
  ['retain', 'iot:RetainPublish'],
  ['receive', 'iot:Receive'],
] as const

/**
 * Writes effective rights as IoT policy documents: Connect for the one client id, Publish, RetainPublish and Receive for concrete topics,
 * Subscribe for the finite set of filters, compared as text; with `domainName` only over the endpoint of that name.
 *
 * Minimal: a resource stands once, in the statement of exactly the actions that it has, and a document has at most one statement for a
 * set of actions. What is denied does not stand there at all: without a wildcard in a resource there is nothing to take away from. Throws
 * policy_too_large over {@link POLICY_LIMITS}.
 */
export function compilePolicyDocuments(
  clientId: string,
  rights: EffectiveRights,
  arnPrefix: ArnPrefix,
  options: { domainName?: string } = {},
): PolicyDocument[] {
  const actionsOf = new Map<string, string>()
  for (const [right, action] of TOPIC_ACTIONS) {
    for (const topic of rights[right]) {
      const others = actionsOf.get(topic)
      actionsOf.set(topic, others ? `${others},${action}` : action)
    }
  }
  const topics = new Map<string, string[]>()
  for (const [topic, actions] of actionsOf) {
    const same = topics.get(actions) ?? []
    topics.set(actions, same)
    same.push(`topic/${topic}`)
  }
  const condition = options.domainName && { StringEquals: { 'iot:DomainName': options.domainName } }
  const documents = pack(arnPrefix, condition ? { Condition: condition } : {}, [
    ['iot:Connect', [`client/${clientId}`]],
    ...topics,
    ['iot:Subscribe', rights.subscribe.map((filter) => `topicfilter/${filter}`)],
  ])
  if (documents.length > POLICY_LIMITS.documents) {
    const over = documents.slice(POLICY_LIMITS.documents)
    throw bridgeError('policy_too_large', {
      actualDocuments: documents.length,
      limitDocuments: POLICY_LIMITS.documents,
      limitCharacters: POLICY_LIMITS.charactersPerDocument,
      overCharacters: over.reduce((sum, { length }) => sum + length, 0),
    })
  }
  return documents.map(({ document }) => document)
}

interface Place {
  document: PolicyDocument
  /** As JSON, with a comma behind each part. */
  length: number
  /** The newest statement, and the actions it is for. */
  open?: readonly [actions: string, statement: PolicyStatement]
}

/** Puts each resource into the first document that has room for it, and for its statement where that is not there yet. */
function pack(
  arnPrefix: ArnPrefix,
  common: Pick<PolicyStatement, 'Condition'>,
  grants: Iterable<readonly [actions: string, resources: readonly string[]]>,
): Place[] {
  const places: Place[] = []
  const addPlace = () => {
    const document: PolicyDocument = { Version: '2012-10-17', Statement: [] }
    const place: Place = { document, length: JSON.stringify(document).length }
    places.push(place)
    return place
  }
  for (const [actions, names] of grants) {
    const empty = (): PolicyStatement => ({ Effect: 'Allow', Action: actions.split(','), Resource: [], ...common })
    const opening = JSON.stringify(empty()).length + 1
    for (const name of names) {
      const resource = `${arnPrefix}:${name}`
      const length = jsonLength(resource) + 1
      const needed = (place: Place) => (place.open?.[0] === actions ? length : length + opening)
      const hasRoom = (place: Place) => place.length + needed(place) <= POLICY_LIMITS.charactersPerDocument
      const place = places.find(hasRoom) ?? addPlace()
      place.length += needed(place)
      if (place.open?.[0] !== actions) {
        place.open = [actions, empty()]
        place.document.Statement.push(place.open[1])
      }
      place.open[1].Resource.push(resource)
    }
  }
  return places
}

/** What JSON writes as it is: all but quotes, backslashes, control characters and halves of pairs. */
const AS_IT_IS = /^[\u0020\u0021\u0023-\u005b\u005d-\ud7ff\ue000-\uffff]*$/

/** Of the text as JSON, with its quotes. */
function jsonLength(text: string): number {
  return AS_IT_IS.test(text) ? text.length + 2 : JSON.stringify(text).length
}
