import { ApiError, type ApiRequest } from '../../aws-api/index.ts'
import type { IotRegistry } from '../registry.ts'

/** What operations act on beside the registry. */
export interface ControlPlane {
  readonly registry: IotRegistry
  /** `arn:aws:iot:<region>:<account>`. */
  readonly arnPrefix: string
  nowMs(): number
  /** A key pair and a certificate of the account's own authority. */
  issueClientCertificate(): Promise<{ certificate: string; privateKey: string }>
  invokeAuthorizer(functionArn: string, event: unknown): Promise<{ payload: unknown; functionError?: string }>
}

export interface Call extends ControlPlane {
  readonly request: ApiRequest
  /** Placeholders of the path, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  /** The body's members; a header or query value that the operation takes is read from the request. */
  readonly body: Readonly<Record<string, unknown>>
}

/** One operation of the control plane: how a request is recognised, what it needs, what it does. */
export interface Operation {
  readonly method: string
  /** `/things/{name}/principals`. */
  readonly path: string
  readonly action: `iot:${string}`
  /** What the action acts on: ARNs, their tails (`thing/lamp`), or `*`. */
  resources(call: Call): readonly string[]
  run(call: Call): unknown
}

export function parameter(call: Call, name: string): string {
  return call.parameters[name] ?? ''
}

export function invalid(reason: string): ApiError {
  return new ApiError('InvalidRequestException', 400, reason)
}

export function found<Value>(value: Value | undefined, kind: string, name: string): Value {
  if (value === undefined) throw new ApiError('ResourceNotFoundException', 404, `no ${kind} is named ${name}`)
  return value
}

export function alreadyExists(kind: string, name: string, resourceArn: string): ApiError {
  const reason = `a ${kind} named ${name} exists with another configuration`
  return new ApiError('ResourceAlreadyExistsException', 409, reason, { resourceId: name, resourceArn })
}

/** A text of the body. Throws InvalidRequestException. */
export function bodyText(call: Call, name: string): string {
  const value = call.body[name]
  if (typeof value !== 'string' || value === '') throw invalid(`expected ${name} to be text`)
  return value
}

export function queryFlag({ request }: Call, name: string): boolean {
  return request.query.get(name) === 'true'
}

/** Members of the body that an operation does not know are refused by name: nothing is skipped silently. */
export function onlyKnown({ body }: Call, operation: string, known: readonly string[]): void {
  const other = Object.keys(body).find((name) => !known.includes(name))
  if (other !== undefined) throw invalid(`the local runtime does not know ${other} of ${operation}`)
}

/** The certificate that a principal's ARN names. Throws InvalidRequestException, ResourceNotFoundException. */
export function certificateOf(call: Call, principalArn: string) {
  const [, certificateId] = /:cert\/([a-f0-9]{64})$/.exec(principalArn) ?? []
  if (certificateId === undefined) throw invalid(`expected the ARN of a certificate, got ${principalArn.slice(0, 200)}`)
  return found(call.registry.certificates.get(certificateId), 'certificate', certificateId)
}

/** Pages of a sorted list; the token is where the next one begins. `names` are those of the query: AWS has two styles. */
export function page<Item>(
  { request }: Call,
  items: readonly Item[],
  names = { token: 'nextToken', size: 'maxResults' },
): { items: readonly Item[]; next: string | undefined } {
  const size = Number(request.query.get(names.size) ?? 250)
  const begin = Number(request.query.get(names.token) ?? 0)
  if (!Number.isInteger(size) || size < 1 || size > 250) throw invalid(`expected ${names.size} from 1 to 250`)
  if (!Number.isInteger(begin) || begin < 0) throw invalid(`${names.token} is none of ours`)
  const end = begin + size
  return { items: items.slice(begin, end), next: end < items.length ? String(end) : undefined }
}
