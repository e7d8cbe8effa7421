import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { bridgeError, type Outcome } from '#contract/index.ts'
import { claim } from './claim.ts'
import { complete } from './complete.ts'
import { decode } from './decode.ts'
import type { BridgeRequest, ChainDependencies, Routes } from './request.ts'
import { inTrace } from './trace.ts'
import { validate } from './validate.ts'

export type BridgeHandler = (event: unknown, context: Context) => Promise<Outcome>

/**
 * Makes the Lambda handler of a set of routes: decode ▸ validate ▸ claim ▸ handle ▸ complete. It always returns an outcome for a
 * message that can be answered, and throws only for faults that no code names.
 */
export function bridgeHandler(routes: Routes, dependencies: ChainDependencies): BridgeHandler {
  const chain = middy<unknown, Outcome, Error>()
    .use(decode(dependencies) as middy.MiddlewareObj<unknown, Outcome>)
    .use(validate(routes, dependencies) as middy.MiddlewareObj<unknown, Outcome>)
    .use(claim(dependencies) as middy.MiddlewareObj<unknown, Outcome>)
    .use(complete(dependencies) as middy.MiddlewareObj<unknown, Outcome>)
    .handler((request) => handle(routes, request as BridgeRequest) as Promise<Outcome>) as unknown as BridgeHandler
  return (event, context) => inTrace(undefined, () => chain(event, context))
}

function handle(routes: Routes, request: BridgeRequest): Promise<unknown> {
  const route = routes[request.topicKey] as ((one: BridgeRequest) => Promise<unknown>) | undefined
  if (!route) throw bridgeError('topic_unknown', { topic: request.envelope.topic })
  return route(request)
}
