import { contentType, operationOf, type ServiceHandler } from '../aws-api/index.ts'
import { handleSqsRequest, type SqsService } from '../sqs/index.ts'

/** SQS as a service of the local API server; requests are signed for `sqs`. */
export function sqsApi(sqs: SqsService): ServiceHandler {
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
      const answer = await handleSqsRequest(operationOf(request), { ...request.json() }, sqs, origin)
      const headers = { 'content-type': contentType(protocol), ...answer.headers }
      return { status: answer.status, headers, body: JSON.stringify(answer.body) }
    },
  }
}
