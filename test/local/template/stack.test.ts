import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createStack, physicalName, type Registry, type StackOptions, TemplateError } from '#local/template/index.ts'

const pseudo = { region: 'eu-west-1', accountId: '123456789012', stackName: 'Test' }

function recorder(log: string[]): Registry<undefined> {
  return {
    'Test::Thing': {
      create({ logicalId, properties }) {
        log.push(`create ${logicalId}`)
        if (properties.Fails === true) throw new Error('out of order')
        return {
          ref: `ref-${logicalId}`,
          attributes: { Arn: `arn:${logicalId}` },
          dispose() {
            log.push(`dispose ${logicalId}`)
            if (properties.FailsToStop === true) throw new Error('stuck')
          },
        }
      },
    },
  }
}

function start(
  resources: unknown,
  log: string[] = [],
  more: Partial<StackOptions<undefined>> & { sections?: object } = {},
) {
  const { sections, ...options } = more
  return createStack({
    template: { ...sections, Resources: resources },
    registry: recorder(log),
    pseudo,
    context: undefined,
    onUnsupported: (type, logicalId) => log.push(`unsupported ${logicalId} ${type}`),
    ...options,
  })
}

const thing = (properties: object = {}, more: object = {}) => ({ Type: 'Test::Thing', Properties: properties, ...more })

describe('createStack', () => {
  test('creates in dependency order, otherwise in template order, and disposes in reverse', async () => {
    const log: string[] = []
    const stack = await start(
      {
        A: thing({ B: { 'Fn::GetAtt': ['C', 'Arn'] } }),
        B: thing(),
        C: thing({}, { DependsOn: 'D' }),
        D: thing({ X: { 'Fn::Sub': '${B.Arn}' } }),
      },
      log,
    )
    await stack.dispose()

    expect(log).toEqual([
      'create B',
      'create D',
      'create C',
      'create A',
      'dispose A',
      'dispose C',
      'dispose D',
      'dispose B',
    ])
  })

  test('names the whole path of a circular dependency', async () => {
    const cycle = start({
      A: thing({ X: { Ref: 'B' } }),
      B: thing({}, { DependsOn: ['C'] }),
      C: thing({ X: { 'Fn::Sub': '${A}' } }),
    })

    await expect(cycle).rejects.toThrowErrorMatchingInlineSnapshot(
      `[TemplateError: circular dependency: A -> B -> C -> A]`,
    )
  })

  test('reports a type without emulator and gives it deterministic placeholders', async () => {
    const log: string[] = []
    const stack = await start(
      { A: thing({ Topic: { Ref: 'T' }, Arn: { 'Fn::GetAtt': ['T', 'TopicArn'] } }), T: { Type: 'AWS::SNS::Topic' } },
      log,
    )

    expect(log).toEqual(['unsupported T AWS::SNS::Topic', 'create A'])
    expect(stack.unsupported).toEqual([{ logicalId: 'T', type: 'AWS::SNS::Topic' }])
    expect(stack.resource('A').properties).toEqual({
      Topic: physicalName('Test', 'T'),
      Arn: `arn:aws:sns:eu-west-1:123456789012:${physicalName('Test', 'T')}`,
    })
  })

  test('hands custom resources to the emulator Custom::*', async () => {
    const registry = { 'Custom::*': { create: ({ type }: { type: string }) => ({ ref: type }) } }
    const stack = await start({ A: { Type: 'Custom::Seed' }, B: { Type: 'AWS::CloudFormation::CustomResource' } }, [], {
      registry,
    })

    expect(stack.resources.map((resource) => resource.ref)).toEqual([
      'Custom::Seed',
      'AWS::CloudFormation::CustomResource',
    ])
  })

  test('disposes what exists when an emulator fails, and names the resource', async () => {
    const log: string[] = []
    const failing = start({ A: thing(), B: thing({ Fails: true }, { DependsOn: 'A' }) }, log)

    await expect(failing).rejects.toThrowErrorMatchingInlineSnapshot(
      `[TemplateError: Resources.B: Test::Thing could not be created: out of order]`,
    )
    expect(log).toEqual(['create A', 'create B', 'dispose A'])
  })

  test('finds an unresolvable reference before anything is created', async () => {
    const log: string[] = []

    await expect(start({ A: thing(), B: thing({ X: { Ref: 'Nobody' } }) }, log)).rejects.toMatchObject({
      code: 'UNRESOLVED_REFERENCE',
    })
    expect(log).toEqual([])
  })

  test('goes on disposing after a failure and reports it', async () => {
    const log: string[] = []
    const stack = await start({ A: thing(), B: thing({ FailsToStop: true }) }, log)

    await expect(stack.dispose()).rejects.toBeInstanceOf(AggregateError)
    expect(log.slice(2)).toEqual(['dispose B', 'dispose A'])
    await expect(stack.dispose()).resolves.toBeUndefined()
  })

  test('leaves out resources and outputs whose condition is false', async () => {
    const stack = await start(
      {
        A: thing({ X: { 'Fn::If': ['On', { Ref: 'B' }, 'none'] } }, { DependsOn: 'B' }),
        B: thing({}, { Condition: 'On' }),
      },
      [],
      {
        sections: {
          Conditions: { On: { 'Fn::Equals': ['a', 'b'] } },
          Outputs: {
            Arn: { Value: { 'Fn::GetAtt': 'A.Arn' } },
            B: { Value: { Ref: 'B' }, Condition: 'On' },
            Port: { Value: 8883 },
          },
        },
      },
    )

    expect(stack.outputs).toEqual({ Arn: 'arn:A', Port: '8883' })
    expect(stack.resources.map((resource) => resource.logicalId)).toEqual(['A'])
    expect(() => stack.resource('B')).toThrow(TemplateError)
  })

  test('says that a referred resource is left out by its condition', async () => {
    const sections = { Conditions: { On: { 'Fn::Equals': ['a', 'b'] } } }

    await expect(
      start({ A: thing({ X: { Ref: 'B' } }), B: thing({}, { Condition: 'On' }) }, [], { sections }),
    ).rejects.toThrow('resource B is left out because condition On is false')
  })

  test('skips SSM parameters until one is referred to', async () => {
    const sections = {
      Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk/version' } },
    }

    await expect(start({ A: thing() }, [], { sections })).resolves.toBeDefined()
    await expect(start({ A: thing({ X: { Ref: 'BootstrapVersion' } }) }, [], { sections })).rejects.toMatchObject({
      code: 'UNRESOLVED_REFERENCE',
    })
  })

  test.each([
    ['a missing value', { Parameters: { P: { Type: 'String' } } }, {}, 'PARAMETER_MISSING'],
    [
      'a value that is not allowed',
      { Parameters: { P: { Type: 'String', AllowedValues: ['a'] } } },
      { P: 'b' },
      'PARAMETER_INVALID',
    ],
    ['a number that is none', { Parameters: { P: { Type: 'Number', Default: 'x' } } }, {}, 'PARAMETER_INVALID'],
    ['an unknown parameter', {}, { Q: '1' }, 'PARAMETER_INVALID'],
  ])('refuses %s', async (_title, sections, parameters, code) => {
    await expect(start({ A: thing() }, [], { sections, parameters })).rejects.toMatchObject({ code })
  })

  test('lists the parts of the template that have no effect', async () => {
    const stack = await start({ A: thing({}, { CreationPolicy: {}, DeletionPolicy: 'Retain' }) }, [], {
      sections: { Rules: {} },
    })

    expect(stack.ignored).toEqual([{ attribute: 'Rules' }, { logicalId: 'A', attribute: 'CreationPolicy' }])
  })

  test('orders any acyclic graph so that dependencies come first, the same way every time', async () => {
    const graphs = fc.array(fc.uniqueArray(fc.nat(11), { maxLength: 4 }), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        const dependencies = graph.map((targets, index) =>
          targets.filter((target) => target < index).map((target) => `R${target}`),
        )
        const resources = Object.fromEntries(
          dependencies.map((DependsOn, index) => [`R${index}`, thing({}, { DependsOn })]).reverse(),
        )
        const [first, second]: [string[], string[]] = [[], []]
        await start(resources, first)
        await start(resources, second)

        expect(second).toEqual(first)
        for (const [index, names] of dependencies.entries()) {
          for (const name of names)
            expect(first.indexOf(`create ${name}`)).toBeLessThan(first.indexOf(`create R${index}`))
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('physicalName', () => {
  test('is the same for the same input and keeps its hash when cut', () => {
    const long = 'L'.repeat(100)

    expect(physicalName('Stack', 'Table')).toBe(physicalName('Stack', 'Table'))
    expect(physicalName('Stack', long)).toHaveLength(64)
    expect(physicalName('Stack', long).slice(-8)).not.toBe(physicalName('Stack', `${long}x`).slice(-8))
  })
})
