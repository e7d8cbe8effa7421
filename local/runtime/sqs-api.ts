import { contentType, operationOf, type ServiceHandler } from '../aws-api/index.ts'
import { type Count, stepsOf } from '../meter/index.ts'
import { EMPTY_RECEIVE, handleSqsRequest, type SqsService } from '../sqs/index.ts'

/** SQS as a service of the local API server; requests are signed for `sqs`. */
export function sqsApi(sqs: SqsService, count: Count): ServiceHandler {
  const protocol = 'json1.0'
  return {
    protocol,
    unknownClientCode: 'InvalidClientTokenId',
    actionsFor(request) {
      const { QueueUrl } = request.json()
      const name = typeof QueueUrl === 'string' ? QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1) : undefined
      const queue = sqs.queues().find((one) => one.name === name)
      return [{ action: `sqs:${operationOf(request).replace(/Batch$/, '')}`, resource: queue?.arn ?? '*' }]
    },
    async handle(request) {
      const origin = `http://${request.headers.host ?? '127.0.0.1'}`
      const operation = operationOf(request)
      const answer = await handleSqsRequest(operation, { ...request.json() }, sqs, origin)
      const headers = { 'content-type': contentType(protocol), ...answer.headers }
      const body = JSON.stringify(answer.body)
      const isEmpty = operation === 'ReceiveMessage' && !('Messages' in answer.body)
      const bytes = Math.max(request.body.length, Buffer.byteLength(body))
      count('sqs.requests', isEmpty ? EMPTY_RECEIVE : operation, stepsOf('sqs', bytes))
      return { status: answer.status, headers, body }
    },
  }
}
