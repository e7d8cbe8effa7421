import { publishableResourceNames } from '#contract/index.ts'
import { acceptWildcard, type BridgeFunction, iotArn } from './bridge-function.ts'

/** Lets the publisher, and nothing else, send to the topics of the contract that go to devices. */
export function allowPublishing(publisher: BridgeFunction, root: string): void {
  const names = publishableResourceNames(root)
  publisher.allow('iot:Publish', ...names.map((name) => iotArn(publisher, 'topic', name)))
  // https://docs.aws.amazon.com/iot/latest/developerguide/direct-messaging-policy-examples.html
  publisher.allowWhen('iot:SendDirectMessage', { StringLike: { 'iot:Topic': names } }, iotArn(publisher, 'client', '*'))
  acceptWildcard(
    publisher.role,
    'iot:<AWS::Region>:<AWS::AccountId>:client/*',
    'Any device may be sent a message directly, on the topics of the contract alone.',
  )
  for (const name of names.filter((one) => one.includes('*'))) {
    const reason = 'The topic holds the id of the device that is answered; the publisher holds it against the contract.'
    acceptWildcard(publisher.role, `iot:<AWS::Region>:<AWS::AccountId>:topic/${name}`, reason)
  }
}
