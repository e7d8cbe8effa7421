import { describe, expect, test, vi } from 'vitest'
import { deleteRemovedCustomResources } from '#local/resources/index.ts'
import type { JsonObject } from '#local/template/index.ts'
import { LOGS, lambdaArn, lambdaFunction, role, setUp } from './set-up.ts'

/** Keeps every request it gets, and answers with what the properties tell it. */
const REGISTRAR = `
  const requests = []
  export const handler = async (event) => {
    if (!event.RequestType) return requests
    requests.push(event)
    const { Answer, PhysicalId, Silent } = event.ResourceProperties
    if (Silent) return
    if (Answer === 'THROW') throw new TypeError('out of order')
    const body = { Status: Answer ?? 'SUCCESS', Reason: 'as told', PhysicalResourceId: PhysicalId, Data: { Size: 3 } }
    await fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify(body) })
  }`

type Request = Record<string, unknown> & { RequestType: string; ResourceProperties: Record<string, unknown> }

async function setUpRegistrar() {
  const runtime = await setUp()
  runtime.writeAsset('registrar', REGISTRAR)
  await runtime.create({ Role: role([LOGS]), Registrar: lambdaFunction('registrar') })
  return {
    ...runtime,
    apply: (properties: JsonObject) =>
      runtime.create({
        It: { Type: 'Custom::Device', Properties: { ServiceToken: lambdaArn('registrar'), ...properties } },
      }),
    requests: async () => (await runtime.invoke('registrar', {})) as unknown as Request[],
    types: async () =>
      ((await runtime.invoke('registrar', {})) as unknown as Request[]).map(({ RequestType }) => RequestType),
  }
}

describe('a custom resource', () => {
  test('is created by its function, whose answer gives Ref and attributes', async () => {
    const { apply, requests } = await setUpRegistrar()

    const stack = await apply({ PhysicalId: 'lamp-1', Floor: 3, On: true, Tags: [{ n: 1 }] })

    expect(stack.resource('It').ref).toBe('lamp-1')
    expect(stack.resource('It').attribute('Size')).toBe(3)
    expect(await requests()).toEqual([
      {
        RequestType: 'Create',
        ResourceType: 'Custom::Device',
        LogicalResourceId: 'It',
        RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/test/local',
        ResponseURL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/cfn-response\/[0-9a-f-]{36}$/),
        // CloudFormation makes text of numbers and booleans
        ResourceProperties: {
          ServiceToken: lambdaArn('registrar'),
          PhysicalId: 'lamp-1',
          Floor: '3',
          On: 'true',
          Tags: [{ n: '1' }],
        },
      },
    ])
  })

  test('that was there at the last start is updated, with what it was', async () => {
    const { apply, requests } = await setUpRegistrar()
    await apply({ PhysicalId: 'lamp-1', Floor: 3 })

    await apply({ PhysicalId: 'lamp-1', Floor: 4 })

    expect((await requests())[1]).toMatchObject({
      RequestType: 'Update',
      PhysicalResourceId: 'lamp-1',
      ResourceProperties: { Floor: '4' },
      OldResourceProperties: { Floor: '3' },
    })
  })

  test('that gets another physical id is replaced: the old one is deleted after the new one is there', async () => {
    const { apply, requests } = await setUpRegistrar()
    await apply({ PhysicalId: 'lamp-1' })

    const stack = await apply({ PhysicalId: 'lamp-2' })

    expect(stack.resource('It').ref).toBe('lamp-2')
    expect((await requests()).slice(1)).toMatchObject([
      { RequestType: 'Update', PhysicalResourceId: 'lamp-1', ResourceProperties: { PhysicalId: 'lamp-2' } },
      { RequestType: 'Delete', PhysicalResourceId: 'lamp-1', ResourceProperties: { PhysicalId: 'lamp-1' } },
    ])
  })

  test('that left the template is deleted, once', async () => {
    const { apply, context, requests, types } = await setUpRegistrar()
    await apply({ PhysicalId: 'lamp-1' })

    await deleteRemovedCustomResources(context, new Set())
    await deleteRemovedCustomResources(context, new Set())

    expect(await types()).toEqual(['Create', 'Delete'])
    expect((await requests())[1]).toMatchObject({ PhysicalResourceId: 'lamp-1', LogicalResourceId: 'It' })
    expect(context.customResources.all()).toEqual([])
  })

  test('that is still in the template is not deleted', async () => {
    const { apply, context, types } = await setUpRegistrar()
    await apply({ PhysicalId: 'lamp-1' })

    await deleteRemovedCustomResources(context, new Set(['It']))

    expect(await types()).toEqual(['Create'])
  })

  test('that left the template together with its function is forgotten, and the log says so', async () => {
    const { apply, context, log } = await setUpRegistrar()
    await apply({ PhysicalId: 'lamp-1' })
    const [entry] = context.customResources.all()
    if (entry) context.customResources.save({ ...entry, serviceToken: lambdaArn('gone') })

    await deleteRemovedCustomResources(context, new Set())

    expect(context.customResources.all()).toEqual([])
    expect(log).toEqual([
      expect.objectContaining({ level: 'warn', event: 'custom_resource_abandoned', logicalId: 'It' }),
    ])
  })

  test('that cannot be deleted does not stop the start, and is tried again at the next one', async () => {
    const { apply, context, log } = await setUpRegistrar()
    await apply({ PhysicalId: 'lamp-1' })
    const [entry] = context.customResources.all()
    if (entry) context.customResources.save({ ...entry, properties: { ...entry.properties, Answer: 'FAILED' } })

    await deleteRemovedCustomResources(context, new Set())

    expect(context.customResources.all()).toHaveLength(1)
    expect(log).toEqual([
      expect.objectContaining({
        level: 'warn',
        event: 'custom_resource_not_deleted',
        logicalId: 'It',
        error: 'the function answered FAILED: as told',
      }),
    ])
  })
})

describe('a creation stops with the reason when the function', () => {
  test('answers FAILED', async () => {
    const { apply, context } = await setUpRegistrar()

    await expect(apply({ Answer: 'FAILED', PhysicalId: 'lamp-1' })).rejects.toThrow(
      'Resources.It: Custom::Device could not be created: the function answered FAILED: as told',
    )
    expect(context.customResources.all()).toEqual([])
  })

  test('throws', async () => {
    const { apply } = await setUpRegistrar()

    await expect(apply({ Answer: 'THROW' })).rejects.toThrow(/the function failed: .*out of order/)
  })

  test('is not there', async () => {
    const { create } = await setUp()

    const creating = create({ It: { Type: 'Custom::Device', Properties: { ServiceToken: lambdaArn('gone') } } })

    await expect(creating).rejects.toThrow(`Function not found: ${lambdaArn('gone')}`)
  })

  test('gives no physical id', async () => {
    const { apply } = await setUpRegistrar()

    await expect(apply({})).rejects.toThrow('the function answered SUCCESS without PhysicalResourceId')
  })

  test('never answers, after a minute', async () => {
    const { apply, requests } = await setUpRegistrar()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const creating = apply({ Silent: 'true' })
      const refused = expect(creating).rejects.toThrow('It: no answer within 60000 ms')
      // the clock must not run out before the function was asked
      while ((await requests()).length === 0) await new Promise((resolve) => setImmediate(resolve))
      await vi.advanceTimersByTimeAsync(60_000)
      await refused
    } finally {
      vi.useRealTimers()
    }
  })

  test('is not named', async () => {
    const { create } = await setUp()

    await expect(create({ It: { Type: 'Custom::Device', Properties: {} } })).rejects.toThrow(
      'Custom::Device It: expected ServiceToken to be text, got undefined',
    )
  })
})
