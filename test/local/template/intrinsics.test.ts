import { describe, expect, test } from 'vitest'
import { createStack, type JsonValue, type Registry, TemplateError } from '#local/template/index.ts'

const pseudo = { region: 'eu-west-1', accountId: '123456789012', stackName: 'Test' }

/** Creates a stack of one resource `Subject` beside `Other` and returns the property as the emulator got it. */
async function evaluated(property: unknown, sections: Record<string, unknown> = {}): Promise<JsonValue | undefined> {
  const registry: Registry<undefined> = {
    'Test::Other': {
      create: () => ({
        ref: 'other-ref',
        attributes: { Arn: 'arn:other', 'Endpoint.Port': 443, Nested: { Key: 'deep' } },
      }),
    },
    'Test::Subject': { create: ({ properties }) => ({ ref: 'subject', attributes: { properties } }) },
  }
  const template = {
    Parameters: { Stage: { Type: 'String', Default: 'dev' }, Zones: { Type: 'CommaDelimitedList', Default: 'a, b' } },
    Mappings: { Sizes: { small: { memory: 128 } } },
    Conditions: {
      IsDev: { 'Fn::Equals': [{ Ref: 'Stage' }, 'dev'] },
      IsProd: { 'Fn::Not': [{ Condition: 'IsDev' }] },
      Both: { 'Fn::And': [{ Condition: 'IsDev' }, { Condition: 'IsProd' }] },
      Either: { 'Fn::Or': [{ Condition: 'IsDev' }, { Condition: 'IsProd' }] },
    },
    ...sections,
    Resources: {
      Subject: { Type: 'Test::Subject', Properties: { Value: property } },
      Other: { Type: 'Test::Other' },
    },
  }
  await using stack = await createStack({ template, registry, pseudo, context: undefined, onUnsupported() {} })
  return stack.resource('Subject').properties.Value
}

describe('intrinsic functions', () => {
  test.each<[string, unknown, JsonValue | undefined]>([
    ['plain values', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['Ref of a resource', { Ref: 'Other' }, 'other-ref'],
    ['Ref of a parameter', { Ref: 'Stage' }, 'dev'],
    ['Ref of a list parameter', { Ref: 'Zones' }, ['a', 'b']],
    ['Ref of AWS::Region', { Ref: 'AWS::Region' }, 'eu-west-1'],
    ['Ref of AWS::Partition', { Ref: 'AWS::Partition' }, 'aws'],
    ['Ref of AWS::URLSuffix', { Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    ['Ref of AWS::StackName', { Ref: 'AWS::StackName' }, 'Test'],
    ['Ref of AWS::StackId', { Ref: 'AWS::StackId' }, 'arn:aws:cloudformation:eu-west-1:123456789012:stack/Test/local'],
    ['AWS::NoValue as property', { Ref: 'AWS::NoValue' }, undefined],
    ['AWS::NoValue in objects and lists', { a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }] }, { b: [1] }],
    ['Fn::GetAtt as list', { 'Fn::GetAtt': ['Other', 'Arn'] }, 'arn:other'],
    ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Other.Arn' }, 'arn:other'],
    ['Fn::GetAtt of a dotted key', { 'Fn::GetAtt': ['Other', 'Endpoint.Port'] }, 443],
    ['Fn::GetAtt of a nested attribute', { 'Fn::GetAtt': 'Other.Nested.Key' }, 'deep'],
    ['Fn::Join', { 'Fn::Join': [':', ['arn', { Ref: 'AWS::Partition' }, 7]] }, 'arn:aws:7'],
    ['Fn::Join of a split', { 'Fn::Join': ['-', { 'Fn::Split': [',', 'a,b'] }] }, 'a-b'],
    [
      'Fn::Sub as text',
      { 'Fn::Sub': '${Stage}-${Other}-${Other.Arn}-${AWS::AccountId}' },
      'dev-other-ref-arn:other-123456789012',
    ],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': ['${Name}/${Stage}', { Name: { 'Fn::GetAtt': ['Other', 'Arn'] } }] },
      'arn:other/dev',
    ],
    ['Fn::Sub with a literal', { 'Fn::Sub': 'client/${!iot:ClientId}' }, 'client/${iot:ClientId}'],
    ['Fn::Select', { 'Fn::Select': [1, ['a', 'b']] }, 'b'],
    ['Fn::Select with a text index', { 'Fn::Select': ['0', { 'Fn::Split': ['/', 'x/y'] }] }, 'x'],
    ['Fn::If taken', { 'Fn::If': ['IsDev', { Ref: 'Other' }, 'no'] }, 'other-ref'],
    ['Fn::If not taken', { 'Fn::If': ['IsProd', 'yes', { Ref: 'AWS::NoValue' }] }, undefined],
    ['Fn::And', { 'Fn::If': ['Both', 1, 2] }, 2],
    ['Fn::Or', { 'Fn::If': ['Either', 1, 2] }, 1],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', 'small', 'memory'] }, 128],
    ['Fn::FindInMap with a default', { 'Fn::FindInMap': ['Sizes', 'big', 'memory', { DefaultValue: 64 }] }, 64],
    ['Fn::Base64', { 'Fn::Base64': { Ref: 'Stage' } }, 'ZGV2'],
    [
      'Condition of a policy statement',
      { Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
      { Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
    ],
  ])('%s', async (_title, property, expected) => {
    expect(await evaluated(property)).toEqual(expected)
  })

  test.each([
    ['an unknown name', { Ref: 'Missing' }, 'UNRESOLVED_REFERENCE'],
    ['an unknown name in Fn::Sub', { 'Fn::Sub': 'a${Missing.Arn}' }, 'UNRESOLVED_REFERENCE'],
    ['an unknown condition', { 'Fn::If': ['Missing', 1, 2] }, 'UNRESOLVED_REFERENCE'],
    ['an unknown mapping key', { 'Fn::FindInMap': ['Sizes', 'big', 'memory'] }, 'UNRESOLVED_REFERENCE'],
    ['an unknown attribute', { 'Fn::GetAtt': ['Other', 'Missing'] }, 'UNKNOWN_ATTRIBUTE'],
    ['Fn::ImportValue', { 'Fn::ImportValue': 'Shared' }, 'UNSUPPORTED_INTRINSIC'],
    ['an unknown function', { 'Fn::Cidr': ['10.0.0.0/16', 1, 8] }, 'UNSUPPORTED_INTRINSIC'],
    ['a function beside another key', { 'Fn::Sub': 'a', b: 1 }, 'TEMPLATE_MALFORMED'],
    ['an index out of range', { 'Fn::Select': [2, ['a']] }, 'TEMPLATE_MALFORMED'],
    ['an object inside Fn::Join', { 'Fn::Join': ['', [{ a: 1 }]] }, 'TEMPLATE_MALFORMED'],
    ['Fn::GetAtt without attribute', { 'Fn::GetAtt': 'Other' }, 'TEMPLATE_MALFORMED'],
  ])('refuses %s', async (_title, property, code) => {
    const failure = await evaluated(property).catch((error: unknown) => error)

    expect(failure).toBeInstanceOf(TemplateError)
    expect(failure).toMatchObject({ code })
  })

  test('names logical id and property path of what cannot be resolved', async () => {
    const property = { Nested: [{ Ref: 'Missing' }] }

    await expect(evaluated(property)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[TemplateError: Resources.Subject.Properties.Value.Nested[0].Ref: expected a resource, parameter or pseudo parameter, got "Missing"]`,
    )
    await expect(evaluated({ 'Fn::GetAtt': 'Other.Url' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[TemplateError: Resources.Subject.Properties.Value.Fn::GetAtt: Other has no attribute Url; it has: Arn, Endpoint.Port, Nested]`,
    )
    await expect(evaluated({ 'Fn::ImportValue': 'Shared' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[TemplateError: Resources.Subject.Properties.Value: imports the export "Shared" of another stack; only references inside one stack are resolved locally]`,
    )
  })

  test('refuses a condition that refers to itself', async () => {
    const Conditions = { A: { 'Fn::Not': [{ Condition: 'B' }] }, B: { 'Fn::Not': [{ Condition: 'A' }] } }

    await expect(evaluated({ 'Fn::If': ['A', 1, 2] }, { Conditions })).rejects.toMatchObject({ code: 'TEMPLATE_CYCLE' })
  })

  test('refuses macros', async () => {
    await expect(evaluated(1, { Transform: 'AWS::Serverless-2016-10-31' })).rejects.toMatchObject({
      code: 'UNSUPPORTED_INTRINSIC',
    })
  })
})
