import { describe, expect, test } from 'vitest'
import type { DeviceWriter } from '../../../functions/registrar/devices.ts'
import { CUSTOM_RESOURCES } from '../../../functions/registrar/env.ts'
import { createRegistrar, type RegistrarDependencies } from '../../../functions/registrar/handler.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'

const URL_OF_ANSWER = 'https://cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com/x?y=z'
const DEVICE = {
  ServiceToken: 'arn:aws:lambda:eu-west-1:123456789012:function:registrar',
  ClientId: 'one',
  Role: 'agent',
  OrganizationId: 'acme',
  ThingTypeName: 'bridge-device',
  Attributes: { site: 'laptop' },
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
const call = (RequestType: string, changes: Record<string, unknown> = {}) => ({
  RequestType,
  RequestId: 'request-1',
  ResponseURL: URL_OF_ANSWER,
  ResourceType: CUSTOM_RESOURCES.device,
  LogicalResourceId: 'DeviceOne',
  StackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/s/1',
  ResourceProperties: DEVICE,
  ...changes,
})
const namesCall = (RequestType: string, changes: Record<string, unknown> = {}) =>
  call(RequestType, {
    ResourceType: CUSTOM_RESOURCES.serverNames,
    LogicalResourceId: 'ServerNames',
    ResourceProperties: { ServiceToken: 'x', DomainConfigurationNames: ['mqtt', 'wss'] },
    ...changes,
  })

function setUp(changes: Partial<Omit<RegistrarDependencies, 'devices'>> & { devices?: Partial<DeviceWriter> } = {}) {
  const done: unknown[] = []
  const answers: { url: string; body: Record<string, unknown> }[] = []
  const observer = createRecordingObserver()
  const note =
    (name: string) =>
    async (...given: unknown[]) => {
      done.push([name, ...given])
    }
  const { devices, ...rest } = changes
  const registrar = createRegistrar({
    devices: { put: note('put'), remove: note('remove'), putServerNames: note('putServerNames'), ...devices },
    updateThing: note('updateThing'),
    describeDomain: async (name) => ({ name: `${name}.example.com`, wantsCertificate: name === 'wss' }),
    respond: async (url, body) => {
      answers.push({ url, body: JSON.parse(body) })
    },
    observer,
    ...rest,
  })
  return { registrar, done, answers, observer }
}

const ECHO = {
  StackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/s/1',
  RequestId: 'request-1',
  LogicalResourceId: 'DeviceOne',
}

describe('a device of the fleet file', () => {
  test.each(['Create', 'Update'])('%s writes its record and its thing', async (type) => {
    const { registrar, done, answers } = setUp()
    await registrar(call(type))

    expect(done).toHaveLength(2)
    expect(done).toContainEqual([
      'put',
      expect.objectContaining({ ClientId: 'one', Role: 'agent', OrganizationId: 'acme' }),
    ])
    expect(done).toContainEqual([
      'updateThing',
      { thingName: 'one', thingTypeName: 'bridge-device', attributes: { site: 'laptop' } },
    ])
    expect(answers).toEqual([
      { url: URL_OF_ANSWER, body: { Status: 'SUCCESS', PhysicalResourceId: 'one', Data: {}, ...ECHO } },
    ])
  })

  test('that is renamed gets a new physical id, so that the old one is deleted', async () => {
    const { registrar, done, answers } = setUp()
    await registrar(call('Update', { PhysicalResourceId: 'zero' }))
    await registrar(call('Delete', { PhysicalResourceId: 'zero' }))

    expect(answers[0]?.body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'one' })
    expect(done.at(-1)).toEqual(['remove', 'zero'])
  })

  test('whose creation fails leaves no record that could connect', async () => {
    const { registrar, done, answers } = setUp({ updateThing: () => Promise.reject(new Error('no such thing type')) })
    await registrar(call('Create'))

    expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: 'Error: no such thing type' })
    expect(done).toEqual([])
  })
})

describe('the server names', () => {
  test('are looked up and written', async () => {
    const { registrar, done, answers } = setUp()
    await registrar(namesCall('Create'))

    expect(done).toEqual([
      ['putServerNames', { all: ['mqtt.example.com', 'wss.example.com'], withCertificate: ['wss.example.com'] }],
    ])
    expect(answers[0]?.body).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: 'ServerNames',
      Data: { ServerNames: 'mqtt.example.com,wss.example.com' },
    })
  })

  test('are written once where two domains share one, which then asks nobody for a certificate', async () => {
    const { registrar, done } = setUp({
      describeDomain: async (name) => ({ name: 'a.example.com', wantsCertificate: name === 'wss' }),
    })
    await registrar(namesCall('Update', { PhysicalResourceId: 'before' }))
    expect(done).toEqual([['putServerNames', { all: ['a.example.com'], withCertificate: [] }]])
  })

  test('stay where the resource is deleted', async () => {
    const { registrar, done, answers } = setUp()
    await registrar(namesCall('Delete', { PhysicalResourceId: 'before' }))

    expect(done).toEqual([])
    expect(answers[0]?.body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'before' })
  })

  test('that are not there yet fail the deployment', async () => {
    const { registrar, done, answers } = setUp({ describeDomain: () => Promise.reject(new Error('no host name yet')) })
    await registrar(namesCall('Create'))

    expect(done).toEqual([])
    expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'ServerNames' })
  })
})

describe('CloudFormation', () => {
  test.each<[string, Record<string, unknown>]>([
    ['an unknown resource type', { ResourceType: 'Custom::Other' }],
    ['an unknown request type', { RequestType: 'Repair' }],
    ['missing properties', { ResourceProperties: { ClientId: 'one' } }],
    ['no properties', { ResourceProperties: undefined }],
  ])('is answered FAILED on %s', async (_, changes) => {
    const { registrar, done, answers, observer } = setUp()
    await registrar({ ...call('Create'), ...changes })

    expect(done).toEqual([])
    expect(answers).toHaveLength(1)
    expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'DeviceOne', ...ECHO })
    expect(observer.lines).toMatchObject([{ level: 'error', event: 'registration_failed' }])
  })

  test.each<[string, Record<string, unknown>]>([
    ['properties that were never valid', { ResourceProperties: { ClientId: 7 } }],
    ['a resource type that is gone', { ResourceType: 'Custom::Other' }],
  ])('can always roll back: deleting with %s succeeds', async (_, changes) => {
    const { registrar, answers } = setUp()
    await registrar({ ...call('Delete', { PhysicalResourceId: 'DeviceOne' }), ...changes })

    expect(answers[0]?.body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'DeviceOne' })
  })

  test('is answered FAILED with the physical id it knows when the store fails', async () => {
    const { registrar, answers } = setUp({ devices: { remove: () => Promise.reject(new Error('throttled')) } })
    await registrar(call('Delete', { PhysicalResourceId: 'one' }))

    expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: 'Error: throttled', PhysicalResourceId: 'one' })
  })

  test('gets a reason that fits its 4,096 bytes', async () => {
    const { registrar, answers } = setUp({ updateThing: () => Promise.reject(new Error('x'.repeat(10_000))) })
    await registrar(call('Create'))
    expect(JSON.stringify(answers[0]?.body).length).toBeLessThan(4_096)
  })

  test('that cannot be reached fails the invocation, so that Lambda tries again', async () => {
    const { registrar } = setUp({ respond: () => Promise.reject(new Error('CloudFormation answered 503')) })
    await expect(registrar(call('Create'))).rejects.toThrow('503')
  })

  test.each([undefined, {}, { ...call('Create'), ResponseURL: 'nowhere' }])(
    'cannot be answered by a call that does not say where: %j',
    async (event) => {
      await expect(setUp().registrar(event)).rejects.toThrow()
    },
  )
})
