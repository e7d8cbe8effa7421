import { bridgeError } from './errors.ts'
import type { EffectiveRights } from './permissions.ts'

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

/**
 * Writes effective rights as IoT policy documents: Connect for the one client id, Publish and Receive for concrete topics,
 * Subscribe for the finite set of filters, compared as text; with `domainName` only over the endpoint of that name. Throws policy_too_large over {@link POLICY_LIMITS}.
 */
export function compilePolicyDocuments(
  clientId: string,
  rights: EffectiveRights,
  arnPrefix: ArnPrefix,
  options: { domainName?: string } = {},
): PolicyDocument[] {
  const both = new Set(rights.publish.filter((topic) => rights.receive.includes(topic)))
  const only = (topics: string[]) => topics.filter((topic) => !both.has(topic))
  const topic = (name: string) => `${arnPrefix}:topic/${name}`
  const condition = options.domainName && { StringEquals: { 'iot:DomainName': options.domainName } }
  const documents = pack(condition ? { Condition: condition } : {}, [
    { actions: ['iot:Connect'], resources: [`${arnPrefix}:client/${clientId}`] },
    { actions: ['iot:Publish', 'iot:Receive'], resources: [...both].map(topic) },
    { actions: ['iot:Publish'], resources: only(rights.publish).map(topic) },
    { actions: ['iot:Receive'], resources: only(rights.receive).map(topic) },
    { actions: ['iot:Subscribe'], resources: rights.subscribe.map((filter) => `${arnPrefix}:topicfilter/${filter}`) },
  ])
  if (documents.length > POLICY_LIMITS.documents) {
    throw bridgeError('policy_too_large', {
      actualDocuments: documents.length,
      limitDocuments: POLICY_LIMITS.documents,
      limitCharacters: POLICY_LIMITS.charactersPerDocument,
    })
  }
  return documents
}

/** Fills documents in order, breaking a statement where the limit of characters is reached. */
function pack(
  common: Pick<PolicyStatement, 'Condition'>,
  grants: { actions: string[]; resources: string[] }[],
): PolicyDocument[] {
  const documents: PolicyDocument[] = []
  let length = Number.POSITIVE_INFINITY
  for (const { actions, resources } of grants) {
    let statement: PolicyStatement | undefined
    for (const resource of resources) {
      // measured as JSON: the resource with its quotes and a comma, and the braces of a statement that must be opened
      const opening = JSON.stringify({ Effect: 'Allow', Action: actions, Resource: [], ...common }).length + 1
      let needed = JSON.stringify(resource).length + 1 + (statement ? 0 : opening)
      if (length + needed > POLICY_LIMITS.charactersPerDocument) {
        const document: PolicyDocument = { Version: '2012-10-17', Statement: [] }
        documents.push(document)
        length = JSON.stringify(document).length
        if (statement) needed += opening
        statement = undefined
      }
      if (!statement) {
        statement = { Effect: 'Allow', Action: actions, Resource: [], ...common }
        documents.at(-1)?.Statement.push(statement)
      }
      statement.Resource.push(resource)
      length += needed
    }
  }
  return documents
}
