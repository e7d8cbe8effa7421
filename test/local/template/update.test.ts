import { describe, expect, test } from 'vitest'
import { createStack, type Registry } from '#local/template/index.ts'

const pseudo = { region: 'eu-west-1', accountId: '123456789012', stackName: 'Test' }

/** Things named by their property `Name`; `Fails` makes them fail. */
function recorder(log: string[]): Registry<undefined> {
  const make = (verb: string, logicalId: string, properties: Record<string, unknown>) => {
    log.push(`${verb} ${logicalId} ${String(properties.Value ?? '')}`.trimEnd())
    if (properties.Fails === true) throw new Error('out of order')
    return {
      ref: `ref-${String(properties.Name ?? logicalId)}`,
      dispose: () => void log.push(`dispose ${logicalId} ${String(properties.Value ?? '')}`.trimEnd()),
    }
  }
  return {
    'Test::Upserted': { create: ({ logicalId, properties }) => make('create', logicalId, properties) },
    'Test::Updated': {
      create: ({ logicalId, properties }) => make('create', logicalId, properties),
      update: ({ logicalId, properties }) => make('update', logicalId, properties),
    },
  }
}

const upserted = (properties: object = {}, more: object = {}) => ({
  Type: 'Test::Upserted',
  Properties: properties,
  ...more,
})
const updated = (properties: object = {}) => ({ Type: 'Test::Updated', Properties: properties })

async function start(resources: object, options: { onComplete?: () => void } = {}) {
  const log: string[] = []
  const stack = await createStack({
    template: { Resources: resources },
    registry: recorder(log),
    pseudo,
    context: undefined,
    onUnsupported: (type, logicalId) => log.push(`unsupported ${logicalId} ${type}`),
    ...options,
  })
  log.length = 0
  return { stack, log }
}

describe('an update of a stack', () => {
  test('leaves alone what is said to be the same, and says what changed', async () => {
    const { stack, log } = await start({ A: upserted(), B: updated({ Value: 1 }), C: upserted() })

    const changes = await stack.update({
      Resources: { A: upserted(), B: updated({ Value: 2 }), D: upserted({ Of: { Ref: 'B' } }) },
    })

    expect(changes).toEqual({ created: ['D'], updated: ['B'], removed: ['C'] })
    expect(log).toEqual(['update B 2', 'create D', 'dispose C'])
    expect(stack.resources.map(({ logicalId }) => logicalId)).toEqual(['A', 'B', 'D'])
    expect(stack.resource('D').properties).toEqual({ Of: 'ref-B' })
  })

  test('creates again what has no update, and does not end it when it is the same physical resource', async () => {
    const { stack, log } = await start({ A: upserted({ Value: 1 }) })
    await stack.update({ Resources: { A: upserted({ Value: 2 }) } })

    expect(log).toEqual(['create A 2'])
  })

  test('ends the old one when the new one is another, after everything that names it has moved', async () => {
    const { stack, log } = await start({ A: upserted({ Name: 'one', Value: 1 }), B: updated({ Of: { Ref: 'A' } }) })
    await stack.update({ Resources: { A: upserted({ Name: 'two', Value: 2 }), B: updated({ Of: { Ref: 'A' } }) } })

    expect(log).toEqual(['create A 2', 'update B', 'dispose A 1'])
    expect(stack.resource('B').properties).toEqual({ Of: 'ref-two' })
  })

  test('replaces a resource that has another type now', async () => {
    const { stack, log } = await start({ A: upserted({ Value: 1 }) })
    await stack.update({ Resources: { A: updated({ Value: 2 }) } })

    expect(log).toEqual(['create A 2', 'dispose A 1'])
  })

  test('that fails puts everything back and keeps running as before', async () => {
    const resources = { A: updated({ Value: 1 }), B: upserted() }
    const { stack, log } = await start(resources)
    const failing = stack.update({
      Resources: { A: updated({ Value: 2 }), C: upserted({ Value: 3 }), D: upserted({ Fails: true }) },
    })

    await expect(failing).rejects.toThrowErrorMatchingInlineSnapshot(
      `[TemplateError: Resources.D: Test::Upserted could not be created: out of order]`,
    )
    expect(log).toEqual(['update A 2', 'create C 3', 'create D', 'dispose C 3', 'update A 1'])
    expect(stack.resources.map(({ logicalId, properties }) => [logicalId, properties])).toEqual([
      ['A', { Value: 1 }],
      ['B', {}],
    ])
  })

  test('that the caller finds incomplete is put back as well', async () => {
    let isComplete = true
    const { stack, log } = await start(
      { A: updated({ Value: 1 }) },
      {
        onComplete() {
          if (!isComplete) throw new Error('a grant is missing')
        },
      },
    )
    isComplete = false

    await expect(stack.update({ Resources: { A: updated({ Value: 2 }) } })).rejects.toThrow('a grant is missing')
    expect(log).toEqual(['update A 2', 'update A 1'])
  })

  test('to a template that is wrong changes nothing', async () => {
    const { stack, log } = await start({ A: updated({ Value: 1 }) })

    await expect(
      stack.update({ Resources: { A: updated({ Value: 2 }), B: upserted({ Of: { Ref: 'Nobody' } }) } }),
    ).rejects.toMatchObject({ code: 'UNRESOLVED_REFERENCE' })
    expect(log).toEqual([])
  })

  test('changes the outputs', async () => {
    const { stack } = await start({ A: upserted() })
    await stack.update({ Resources: { A: upserted({ Name: 'x' }) }, Outputs: { Name: { Value: { Ref: 'A' } } } })

    expect(stack.outputs).toEqual({ Name: 'ref-x' })
  })

  test('what it made is disposed with the stack, in reverse order', async () => {
    const { stack, log } = await start({ A: upserted() })
    await stack.update({ Resources: { A: upserted(), B: upserted() } })
    await stack.dispose()

    expect(log).toEqual(['create B', 'dispose B', 'dispose A'])
  })
})
