import * as z from 'zod'
import {
  type CompiledPolicy,
  type ConnectionFacts,
  type ContextValues,
  compilePolicy,
  connectionContext,
  type PolicyRequest,
} from '#local/iot-policy/index.ts'
import { CommandError } from '../command-error.ts'
import { readAuthentication } from './authentication.ts'
import { certificateSchema } from './certificate-schema.ts'

/** Where short resources are put when no policy says otherwise: the region and account of the examples in AWS's documentation. */
const DEFAULT_ARN_PREFIX = 'arn:aws:iot:us-east-1:123456789012'
const COGNITO_SUBJECT = 'cognito-identity.amazonaws.com:sub'
const ARN_PREFIX = /arn:[\w-]+:iot:[^:"*?$]*:[^:"*?$]*(?=:)/

/** One question: may the caller with these policies and this context do that? */
export interface PolicyCase {
  readonly policies: readonly CompiledPolicy[]
  readonly request: PolicyRequest
}

const text = z.string()
const texts = z.union([text.transform((one) => [one]), z.array(text)])
const absent = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined)

/** Condition values are texts, so flags may be written as such. */
const flag = z.union([z.boolean(), z.stringbool()])

const thingSchema = z.union([
  text.transform((name) => ({ name })),
  z
    .object({
      name: absent(text),
      thingName: absent(text),
      typeName: absent(text),
      thingTypeName: absent(text),
      attributes: absent(z.record(text, z.coerce.string())),
      isAttached: absent(flag),
      isExclusive: absent(flag),
    })
    .transform((thing) => ({
      ...thing,
      name: thing.name ?? thing.thingName ?? '',
      typeName: thing.typeName ?? thing.thingTypeName,
    })),
])

const contextSchema = z.looseObject({
  clientId: absent(text),
  thing: absent(thingSchema),
  certificate: absent(certificateSchema),
  connectAttributes: absent(texts),
  lastWillTopic: absent(text),
  sourceIp: absent(text),
  domainName: absent(text),
  authentication: absent(text),
  cognitoIdentityId: absent(text),
  protocol: absent(text),
})

const caseSchema = z.object({
  id: z.unknown().optional(),
  policy: z.unknown().optional(),
  policies: z.array(z.unknown()).optional(),
  context: contextSchema.nullish(),
  request: z.object({ action: text.min(1), resource: text.min(1) }),
})

/** Compiles documents; a text that was seen before is not compiled again. */
export type CompileDocuments = (documents: readonly unknown[]) => CompiledPolicy[]

export function createDocumentCompiler(): CompileDocuments {
  const compiled = new Map<string, CompiledPolicy>()
  return (documents) =>
    documents.map(unwrap).map((document, index) => {
      const key = `${index} ${typeof document === 'string' ? document : JSON.stringify(document)}`
      const policy = compiled.get(key) ?? compilePolicy(document, String(index))
      compiled.set(key, policy)
      return policy
    })
}

/** A document may come as AWS's own answers have it: with its name, under `policyDocument`. */
function unwrap(document: unknown): unknown {
  const { policyDocument = document } = Object(document)
  return policyDocument
}

/**
 * Reads one case, as `bridge policy --batch` takes it. Throws CommandError `case_malformed` with the member that is wrong, and PolicyError for
 * a document.
 */
export function readCase(value: unknown, compile: CompileDocuments): PolicyCase {
  const parsed = caseSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw malformed(`${issue?.path.join('.') || 'case'}: ${issue?.message}`)
  }
  const { policy, policies, context, request } = parsed.data
  const hasPolicy = policy !== undefined && policy !== null
  if (hasPolicy && policies !== undefined) throw malformed('expected policy or policies, got both')
  const documents = policies ?? (hasPolicy ? [policy].flat() : undefined)
  if (documents === undefined) throw malformed('expected policy or policies')
  const action = request.action.includes(':') ? request.action : `iot:${request.action}`
  const arnPrefix = ARN_PREFIX.exec(request.resource)?.[0] ?? arnPrefixOf(documents)
  const resource = toArn(request.resource, arnPrefix)
  return {
    policies: compile(documents),
    request: { action, resource, context: contextOf(context ?? {}, { action, resource, arnPrefix }) },
  }
}

function contextOf(
  given: z.infer<typeof contextSchema> | Record<string, never>,
  request: { action: string; resource: string; arnPrefix: string },
): ContextValues {
  const { lastWillTopic, clientId, connectAttributes, protocol, authentication, cognitoIdentityId, thing, ...facts } =
    given
  const connectingClientId = /^iot:connect$/i.test(request.action)
    ? /:client\/(.+)$/.exec(request.resource)?.[1]
    : undefined
  const lastWillTopicArn = lastWillTopic && toArn(lastWillTopic, request.arnPrefix, 'topic/')
  return {
    ...connectionContext({
      ...(facts as ConnectionFacts),
      authentication: readAuthentication(authentication),
      thing: thing?.name === '' ? undefined : thing,
      // the resource of a connect request is the client id
      clientId: clientId ?? connectingClientId,
      connectAttributes: connectAttributes ?? (lastWillTopic === undefined ? undefined : ['LastWill']),
      lastWillTopicArn,
      isHttp: protocol !== undefined && /^https?$/i.test(protocol),
    }),
    ...(cognitoIdentityId !== undefined && { [COGNITO_SUBJECT]: cognitoIdentityId }),
    ...otherKeys(given),
  }
}

/** Condition keys given as such, for example `aws:SourceVpce`. */
function otherKeys(given: Record<string, unknown>): ContextValues {
  const keys = Object.entries(given).filter(([name]) => name.includes(':'))
  return Object.fromEntries(
    keys.map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)]),
  )
}

/** The region and account that the policies speak of. */
function arnPrefixOf(documents: readonly unknown[]): string {
  return ARN_PREFIX.exec(JSON.stringify(documents))?.[0] ?? DEFAULT_ARN_PREFIX
}

function toArn(text: string, prefix: string, kind = ''): string {
  return text === '*' || text.startsWith('arn:') ? text : `${prefix}:${kind}${text}`
}

function malformed(problem: string): CommandError {
  return new CommandError('failed', 'case_malformed', problem)
}
