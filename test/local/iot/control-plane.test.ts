import { generateKeyPairSync, sign } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import {
  AddThingToThingGroupCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteThingCommand,
  DescribeAuthorizerCommand,
  DescribeThingCommand,
  DescribeThingGroupCommand,
  ListThingGroupsCommand,
  ListThingGroupsForThingCommand,
  ListThingsCommand,
  type ListThingsCommandInput,
  ListThingsInThingGroupCommand,
  paginateListThings,
  RemoveThingFromThingGroupCommand,
  TestInvokeAuthorizerCommand,
  UpdateThingCommand,
} from '@aws-sdk/client-iot'
import { describe, expect, test } from 'vitest'
import { ARN_PREFIX, openControlPlane } from './control-plane-set-up.ts'

describe('things', () => {
  test('are made with type and attributes, and found by them', async () => {
    const { iot } = await openControlPlane()

    const made = await iot.send(
      new CreateThingCommand({
        thingName: 'lamp-1',
        thingTypeName: 'lamp',
        attributePayload: { attributes: { site: 'roof' } },
      }),
    )
    await iot.send(new CreateThingCommand({ thingName: 'door-1' }))

    expect(made).toMatchObject({ thingName: 'lamp-1', thingArn: `${ARN_PREFIX}:thing/lamp-1` })
    expect(await iot.send(new DescribeThingCommand({ thingName: 'lamp-1' }))).toMatchObject({
      thingTypeName: 'lamp',
      attributes: { site: 'roof' },
      defaultClientId: 'lamp-1',
    })
    const names = async (input: ListThingsCommandInput) =>
      (await iot.send(new ListThingsCommand(input))).things?.map(({ thingName }) => thingName)
    expect(await names({})).toEqual(['door-1', 'lamp-1'])
    expect(await names({ thingTypeName: 'lamp' })).toEqual(['lamp-1'])
    expect(await names({ attributeName: 'site', attributeValue: 'cellar' })).toEqual([])
  })

  test('are listed page by page', async () => {
    const { iot } = await openControlPlane()
    for (const number of [1, 2, 3, 4, 5]) await iot.send(new CreateThingCommand({ thingName: `lamp-${number}` }))

    const pages: (string | undefined)[][] = []
    for await (const { things = [] } of paginateListThings({ client: iot, pageSize: 2 }, {})) {
      pages.push(things.map(({ thingName }) => thingName))
    }

    expect(pages).toEqual([['lamp-1', 'lamp-2'], ['lamp-3', 'lamp-4'], ['lamp-5']])
  })

  test('made twice alike are one; made otherwise they are refused', async () => {
    const { iot } = await openControlPlane()
    const thing = { thingName: 'lamp-1', thingTypeName: 'lamp' }
    await iot.send(new CreateThingCommand(thing))
    await iot.send(new CreateThingCommand(thing))

    await expect(
      iot.send(new CreateThingCommand({ ...thing, attributePayload: { attributes: { site: 'roof' } } })),
    ).rejects.toMatchObject({ name: 'ResourceAlreadyExistsException', resourceId: 'lamp-1' })
  })

  test.each([
    ['a type that is not there', { thingName: 'x', thingTypeName: 'door' }, 'ResourceNotFoundException'],
    ['a name of other characters', { thingName: 'a b' }, 'InvalidRequestException'],
    [
      'four attributes without a type',
      { thingName: 'x', attributePayload: { attributes: { a: '1', b: '2', c: '3', d: '4' } } },
      'InvalidRequestException',
    ],
    [
      'a value with a space',
      { thingName: 'x', attributePayload: { attributes: { a: 'b c' } } },
      'InvalidRequestException',
    ],
    ['a billing group', { thingName: 'x', billingGroupName: 'b' }, 'InvalidRequestException'],
  ])('%s is refused', async (_, input, name) => {
    const { iot, registry } = await openControlPlane()

    await expect(iot.send(new CreateThingCommand(input))).rejects.toMatchObject({ name })
    expect([...registry.things.keys()]).toEqual([])
  })
})

describe('thing groups', () => {
  test('hold things, which leave them or are deleted', async () => {
    const { iot } = await openControlPlane()
    await iot.send(
      new CreateThingGroupCommand({
        thingGroupName: 'roof',
        thingGroupProperties: { thingGroupDescription: 'high up' },
      }),
    )
    for (const thingName of ['lamp-1', 'lamp-2']) {
      await iot.send(new CreateThingCommand({ thingName }))
      await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName: 'roof' }))
    }
    const members = async () =>
      (await iot.send(new ListThingsInThingGroupCommand({ thingGroupName: 'roof' }))).things ?? []

    expect(await members()).toEqual(['lamp-1', 'lamp-2'])
    expect(await iot.send(new DescribeThingGroupCommand({ thingGroupName: 'roof' }))).toMatchObject({
      thingGroupProperties: { thingGroupDescription: 'high up' },
    })
    expect((await iot.send(new ListThingGroupsCommand({}))).thingGroups).toEqual([
      { groupName: 'roof', groupArn: `${ARN_PREFIX}:thinggroup/roof` },
    ])
    expect((await iot.send(new ListThingGroupsForThingCommand({ thingName: 'lamp-1' }))).thingGroups).toMatchObject([
      { groupName: 'roof' },
    ])
    await iot.send(new RemoveThingFromThingGroupCommand({ thingName: 'lamp-1', thingGroupName: 'roof' }))
    expect(await members()).toEqual(['lamp-2'])
    await iot.send(new DeleteThingCommand({ thingName: 'lamp-2' }))
    expect(await members()).toEqual([])
  })

  test.each([
    ['a group', { thingName: 'lamp-1', thingGroupName: 'cellar' }],
    ['a thing', { thingName: 'lamp-2', thingGroupName: 'roof' }],
  ])('a membership without %s is ResourceNotFoundException', async (_, input) => {
    const { iot } = await openControlPlane()
    await iot.send(new CreateThingGroupCommand({ thingGroupName: 'roof' }))
    await iot.send(new CreateThingCommand({ thingName: 'lamp-1' }))

    await expect(iot.send(new AddThingToThingGroupCommand(input))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })
})

describe('what is kept over restarts', () => {
  test('is what API calls made, not what the template says', async () => {
    const db = new DatabaseSync(':memory:')
    const first = await openControlPlane({}, db)
    first.registry.things.set('of-template', { thingName: 'of-template', attributes: {} })
    first.registry.thingGroups.set('roof', { thingGroupName: 'roof', attributes: {} })
    await first.iot.send(new CreateThingCommand({ thingName: 'of-api', thingTypeName: 'lamp' }))
    for (const thingName of ['of-api', 'of-template']) {
      await first.iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName: 'roof' }))
    }
    await first.iot.send(
      new UpdateThingCommand({ thingName: 'of-api', attributePayload: { attributes: { site: 'roof' } } }),
    )
    await first.iot.send(new CreateThingCommand({ thingName: 'gone' }))
    await first.iot.send(new DeleteThingCommand({ thingName: 'gone' }))
    await first.close()

    const second = await openControlPlane({}, db)

    expect([...second.registry.things.values()]).toEqual([
      { thingName: 'of-api', thingTypeName: 'lamp', attributes: { site: 'roof' }, fromApi: true },
    ])
    expect([...second.registry.thingGroups]).toEqual([])
    expect(second.registry.groupMembers.get('roof')).toEqual(['of-api', 'of-template'])
  })
})

describe('authorizers', () => {
  const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:authorizer'
  const ACCEPTED = {
    isAuthenticated: true,
    principalId: 'abc',
    policyDocuments: [
      {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: `${ARN_PREFIX}:client/c` }],
      },
    ],
    disconnectAfterInSeconds: 300,
    refreshAfterInSeconds: 300,
  }

  async function setUp(payload: unknown, functionError?: string) {
    const events: unknown[] = []
    const { iot, registry } = await openControlPlane({
      async invokeAuthorizer(functionArn, event) {
        events.push({ functionArn, event })
        return { payload, ...(functionError !== undefined && { functionError }) }
      },
    })
    registry.authorizers.set('tokens', {
      ...(registry.authorizers.get('tokens') ?? {}),
      name: 'tokens',
      arn: `${ARN_PREFIX}:authorizer/tokens`,
      functionArn: FUNCTION,
      isActive: true,
    } as never)
    const ask = () =>
      iot.send(
        new TestInvokeAuthorizerCommand({
          authorizerName: 'tokens',
          mqttContext: { clientId: 'c', username: 'u', password: Buffer.from('secret') },
          tlsContext: { serverName: 'localhost' },
        }),
      )
    return { iot, events, registry, ask }
  }

  test('are described', async () => {
    const { iot } = await setUp(ACCEPTED)

    const { authorizerDescription } = await iot.send(new DescribeAuthorizerCommand({ authorizerName: 'tokens' }))

    expect(authorizerDescription).toMatchObject({ authorizerFunctionArn: FUNCTION, status: 'ACTIVE' })
  })

  test('are asked with the event of a connection, and their documents come back as text', async () => {
    const { ask, events } = await setUp(ACCEPTED)

    const answer = await ask()

    expect(answer).toMatchObject({ isAuthenticated: true, principalId: 'abc', disconnectAfterInSeconds: 300 })
    expect(answer.policyDocuments?.map((text) => JSON.parse(text) as unknown)).toEqual(ACCEPTED.policyDocuments)
    expect(events).toEqual([
      {
        functionArn: FUNCTION,
        event: {
          signatureVerified: false,
          protocols: ['tls', 'mqtt'],
          protocolData: {
            tls: { serverName: 'localhost' },
            mqtt: { clientId: 'c', username: 'u', password: Buffer.from('secret').toString('base64') },
          },
          connectionMetadata: { id: expect.any(String) },
        },
      },
    ])
  })

  test('a refusal is an answer', async () => {
    const { ask } = await setUp({ isAuthenticated: false })

    expect(await ask()).toMatchObject({ isAuthenticated: false })
  })

  test('where tokens must be signed is asked for signed ones only', async () => {
    const { iot, events, registry } = await setUp(ACCEPTED)
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    registry.authorizers.set('signing', {
      name: 'signing',
      arn: `${ARN_PREFIX}:authorizer/signing`,
      functionArn: FUNCTION,
      isActive: true,
      tokenKeyName: 'token',
      signing: { tokenKeyName: 'token', publicKeys: [publicKey] },
    })
    const ask = (input: { token?: string; tokenSignature?: string }) =>
      iot.send(new TestInvokeAuthorizerCommand({ authorizerName: 'signing', mqttContext: { clientId: 'c' }, ...input }))
    const tokenSignature = sign('RSA-SHA256', Buffer.from('a.b.c'), privateKey).toString('base64')

    for (const input of [{}, { token: 'a.b.c' }, { token: 'a.b.d', tokenSignature }]) {
      expect((await ask(input)).isAuthenticated).toBe(false)
    }
    expect(events).toEqual([])
    expect(await ask({ token: 'a.b.c', tokenSignature })).toMatchObject({ isAuthenticated: true })
    expect(events).toMatchObject([{ event: { token: 'a.b.c', signatureVerified: true } }])
  })

  test.each([
    ['a function that failed', {}, 'Error'],
    ['an answer the service would not take', { ...ACCEPTED, principalId: 'a-b' }, undefined],
  ])('%s is InvalidResponseException', async (_, payload, functionError) => {
    const { ask } = await setUp(payload, functionError)

    await expect(ask()).rejects.toMatchObject({ name: 'InvalidResponseException' })
  })
})
