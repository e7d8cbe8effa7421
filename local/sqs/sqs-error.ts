// Code → the name on the wire. Names and texts are those of the service, of which only some are modelled.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
const WIRE_TYPES = {
  InvalidAction: 'com.amazon.coral.service#UnknownOperationException',
  InvalidAddress: 'com.amazonaws.sqs#InvalidAddress',
  InvalidAttributeName: 'com.amazonaws.sqs#InvalidAttributeName',
  InvalidAttributeValue: 'com.amazonaws.sqs#InvalidAttributeValue',
  InvalidBatchEntryId: 'com.amazonaws.sqs#InvalidBatchEntryId',
  InvalidMessageContents: 'com.amazonaws.sqs#InvalidMessageContents',
  InvalidParameterValue: 'com.amazon.coral.service#InvalidParameterValueException',
  MalformedInput: 'com.amazon.coral.service#SerializationException',
  MissingParameter: 'com.amazon.coral.service#MissingRequiredParameterException',
  QueueDoesNotExist: 'com.amazonaws.sqs#QueueDoesNotExist',
  ReceiptHandleIsInvalid: 'com.amazonaws.sqs#ReceiptHandleIsInvalid',
  TooManyEntriesInBatchRequest: 'com.amazonaws.sqs#TooManyEntriesInBatchRequest',
  UnsupportedOperation: 'com.amazonaws.sqs#UnsupportedOperation',
} as const

// What the query protocol called them; SDKs still show these. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
const QUERY_CODES: Partial<Record<SqsErrorCode, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
}

/** Why a request is refused. */
export type SqsErrorCode = keyof typeof WIRE_TYPES

/** A refusal, recognised by its `code`. All are the caller's fault (status 400). */
export class SqsError extends Error {
  readonly code: SqsErrorCode

  constructor(code: SqsErrorCode, message: string) {
    super(message)
    this.name = 'SqsError'
    this.code = code
  }
}

/** The `__type` of the error in the JSON protocol. */
export function wireTypeOf(code: SqsErrorCode): string {
  return WIRE_TYPES[code]
}

/** The value of the header `x-amzn-query-error`. */
export function queryErrorOf(code: SqsErrorCode): string {
  return `${QUERY_CODES[code] ?? code};Sender`
}
