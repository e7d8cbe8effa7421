import { ApiError, type ApiRequest, type ServiceHandler } from '../../aws-api/index.ts'
import type { Broker } from '../../broker/index.ts'
import { type Count, uncounted } from '../../meter/index.ts'
import type { Clock } from '../../state/index.ts'
import { createClientRate } from './client-rate.ts'
import { deleteConnection, getConnection } from './connection.ts'
import { sendDirectMessage } from './direct-message.ts'
import { dataPlaneError, invalid } from './errors.ts'
import { metered } from './metering.ts'
import type { Operation } from './operation.ts'
import { publish } from './publish.ts'
import { getRetainedMessage, listRetainedMessages } from './retained.ts'
import { listSubscriptions } from './subscriptions.ts'

const OPERATIONS: Readonly<Record<string, Operation>> = {
  Publish: publish,
  SendDirectMessage: sendDirectMessage,
  DeleteConnection: deleteConnection,
  GetConnection: getConnection,
  ListSubscriptions: listSubscriptions,
  GetRetainedMessage: getRetainedMessage,
  ListRetainedMessages: listRetainedMessages,
}

export const IOT_DATA_OPERATIONS: readonly string[] = Object.keys(OPERATIONS)

/**
 * The HTTP API of the message broker, signed for `iotdata`. Operations that are not here (shadows) are refused by name.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_Operations_AWS_IoT_Data_Plane.html
 */
export function iotDataService(options: {
  broker: () => Broker
  arnPrefix: string
  clock: Pick<Clock, 'nowMs'>
  count?: Count
}): ServiceHandler {
  const rate = createClientRate(options.clock)
  return {
    protocol: 'rest-json',
    accessDeniedCode: 'ForbiddenException',
    actionsFor(request) {
      const { operation, subject } = operationOf(request)
      return operation.actions(request, subject, options.arnPrefix)
    },
    async handle(request) {
      const { operation, subject } = operationOf(request)
      const answer = async () => operation.run(request, subject, { broker: options.broker(), rate })
      return metered(options.count ?? uncounted, request, answer)
    },
  }
}

function operationOf({ method, path }: ApiRequest): { operation: Operation; subject: string } {
  const matching = Object.values(OPERATIONS).filter((one) => one.path.test(path))
  const operation = matching.find((one) => one.method === method)
  if (operation) return { operation, subject: decode(operation.path.exec(path)?.[1] ?? '') }
  if (matching.length > 0) throw dataPlaneError('MethodNotAllowedException', `${path} does not take ${method}`)
  throw new ApiError(
    'UnknownOperationException',
    404,
    `the local runtime has no data-plane operation ${method} ${path}`,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('expected percent-encoded UTF-8 in the path')
  }
}
