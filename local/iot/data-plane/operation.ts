import type { ApiRequest, ApiResponse, RequiredAction } from '../../aws-api/index.ts'
import type { Broker } from '../../broker/index.ts'
import type { ClientRate } from './client-rate.ts'

export interface OperationContext {
  readonly broker: Broker
  /** Calls for one client id, by operation. */
  readonly rate: ClientRate
}

/** One operation of the data plane: how its requests look, which rights they need, what it does. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Of the path as sent; its group is the operation's subject, percent-encoded. */
  readonly path: RegExp
  /** `subject` is decoded; `arnPrefix` is `arn:aws:iot:<region>:<account>`. */
  actions(request: ApiRequest, subject: string, arnPrefix: string): readonly RequiredAction[]
  run(request: ApiRequest, subject: string, context: OperationContext): Promise<ApiResponse> | ApiResponse
}

export function json(status: number, body: unknown): ApiResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
