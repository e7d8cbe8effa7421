import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createStack, TemplateError } from '#local/template/index.ts'

const names = fc.constantFrom('A', 'B', 'On', 'Map', 'AWS::Region', 'AWS::NoValue', 'constructor', '__proto__', '')
const functions = fc.constantFrom(
  ...['Ref', 'Condition', 'Fn::GetAtt', 'Fn::Join', 'Fn::Sub', 'Fn::Select', 'Fn::Split', 'Fn::If', 'Fn::Equals'],
  ...['Fn::And', 'Fn::Or', 'Fn::Not', 'Fn::FindInMap', 'Fn::Base64', 'Fn::ImportValue', 'Fn::Other'],
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    names,
    fc.constantFrom('${A}', '${A.Arn}', '${constructor}', '${', '${}', '${!A}', 'A.Arn', '.', null, 0, -1, true),
    fc.tuple(functions, tie('value')).map(([name, argument]) => ({ [name]: argument })),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 2 }),
  ),
}))
const resource = fc.record(
  { Type: fc.constantFrom('Test::Thing', 'Test::Unknown'), Properties: value, DependsOn: value },
  { requiredKeys: ['Type'] },
)
const template = fc.record(
  {
    Parameters: fc.oneof(
      value,
      fc.dictionary(names, fc.record({ Type: fc.constant('String'), Default: fc.constant('x') })),
    ),
    Conditions: fc.dictionary(names, value, { maxKeys: 3 }),
    Mappings: fc.dictionary(names, fc.dictionary(names, fc.dictionary(names, value))),
    Resources: fc.oneof(value, fc.dictionary(names, resource, { maxKeys: 4 })),
    Outputs: fc.dictionary(names, fc.record({ Value: value }), { maxKeys: 2 }),
  },
  { requiredKeys: ['Resources'] },
)

describe('hostile templates', () => {
  test('only ever fail with a TemplateError', async () => {
    const registry = { 'Test::Thing': { create: () => ({ ref: 'thing', attributes: { Arn: 'arn' } }) } }
    const pseudo = { region: 'eu-west-1', accountId: '123456789012', stackName: 'Test' }

    await fc.assert(
      fc.asyncProperty(template, async (candidate) => {
        try {
          const stack = await createStack({
            template: candidate,
            registry,
            pseudo,
            context: undefined,
            onUnsupported() {},
          })
          await stack.dispose()
        } catch (failure) {
          expect(failure).toBeInstanceOf(TemplateError)
        }
      }),
      { numRuns: 600 },
    )
  })
})
