import { randomUUID } from 'node:crypto'
import { DescribeAuthorizerCommand, DescribeThingCommand, TestInvokeAuthorizerCommand } from '@aws-sdk/client-iot'
import {
  GetConnectionCommand,
  GetRetainedMessageCommand,
  PublishCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-iot-data-plane'
import { expect, test } from 'vitest'
import { privateReplyTopic } from '#contract/index.ts'
import type { Service } from '../service.ts'

const DEVICE = 'jamey-instance-1'

/** Operations of AWS IoT that the project uses. */
export function testPlanes(service: () => Service): void {
  test('the authorizer and a thing of the fleet are there', async () => {
    const { iot, names } = service()
    const { authorizerDescription } = await iot.send(
      new DescribeAuthorizerCommand({ authorizerName: names.authorizer }),
    )
    expect(authorizerDescription).toMatchObject({ authorizerName: names.authorizer, status: 'ACTIVE' })
    expect(await iot.send(new DescribeThingCommand({ thingName: DEVICE }))).toMatchObject({ thingName: DEVICE })
  })

  test('TestInvokeAuthorizer asks the authorizer', async () => {
    const { iot, names } = service()
    const password = Buffer.from(await service().token(DEVICE))
    const answer = await iot.send(
      new TestInvokeAuthorizerCommand({
        authorizerName: names.authorizer,
        mqttContext: { clientId: DEVICE, username: DEVICE, password },
      }),
    )
    // it has no host name to be asked for, which the authorizer may refuse
    expect(typeof answer.isAuthenticated).toBe('boolean')
  })

  test('Publish reaches a device that listens, and GetConnection knows it', async () => {
    const topic = privateReplyTopic(service().root, DEVICE)
    await using device = await service().connect(DEVICE, { subscribe: [topic] })
    const text = JSON.stringify({ conformance: randomUUID() })

    await service().data.send(new PublishCommand({ topic, qos: 1, payload: Buffer.from(text) }))
    expect(await device.messages.take('the message', (one) => one.text === text)).toMatchObject({ topic })
    expect(await service().data.send(new GetConnectionCommand({ clientId: DEVICE }))).toMatchObject({ connected: true })
  })

  test('a retained message is kept until an empty one takes its place', async () => {
    const { data, root } = service()
    const topic = `${root}/conformance/${randomUUID()}`
    await data.send(new PublishCommand({ topic, qos: 1, retain: true, payload: Buffer.from('kept') }))
    const { payload } = await data.send(new GetRetainedMessageCommand({ topic }))
    expect(Buffer.from(payload ?? []).toString('utf8')).toBe('kept')

    await data.send(new PublishCommand({ topic, qos: 1, retain: true, payload: new Uint8Array() }))
    await expect(data.send(new GetRetainedMessageCommand({ topic }))).rejects.toBeInstanceOf(ResourceNotFoundException)
  })
}
