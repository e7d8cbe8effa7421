import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import 'protobufjs/ext/descriptor.js'
import {
  createRuleCompiler,
  decodeProtobuf,
  type ExternalCall,
  type ExternalFunctions,
  type JsonValue,
  secretAnswer,
} from '#local/iot-sql/index.ts'
import { compile, messageOf } from './rules.ts'

const ROLE = 'arn:aws:iam::123456789012:role/r'

function answering(
  answer: (call: ExternalCall) => JsonValue | undefined,
): ExternalFunctions & { calls: ExternalCall[] } {
  const calls: ExternalCall[] = []
  return {
    calls,
    async call(call) {
      calls.push(call)
      return answer(call)
    },
  }
}

describe('a statement that asks outside', () => {
  test('asks once for each call, in order, with the arguments by name', async () => {
    const rule =
      compile(`SELECT get_thing_shadow(name, 'night', '${ROLE}').v AS a, get_thing_shadow(name, '${ROLE}').v AS b,
      get_secret('s', 'SecretString', 'key', '${ROLE}') AS c, get_secret('s', 'SecretBinary', '${ROLE}') AS d,
      get_dynamodb('t', 'p', 1, 's', name, '${ROLE}').v AS e, get_registry_data('DescribeThing', name, '${ROLE}').v AS f,
      aws_lambda('f', {'x': big}).v AS g, machinelearning_predict('m', '${ROLE}', {'a': {'b': 1}, 'c': 2}).v AS h FROM 't'`)
    const functions = answering(({ function: name }) => (name === 'get_secret' ? name : { v: name }))

    const result = await rule.evaluateWith(functions, messageOf('{"name": "lamp", "big": 1.5}'))

    expect(rule.asksOutside).toBe(true)
    expect(result).toMatchObject({
      output: {
        a: 'get_thing_shadow',
        b: 'get_thing_shadow',
        c: 'get_secret',
        e: 'get_dynamodb',
        h: 'machinelearning_predict',
      },
    })
    expect(functions.calls).toEqual([
      { function: 'get_thing_shadow', thingName: 'lamp', shadowName: 'night', roleArn: ROLE },
      { function: 'get_thing_shadow', thingName: 'lamp', roleArn: ROLE },
      { function: 'get_secret', secretId: 's', secretType: 'SecretString', key: 'key', roleArn: ROLE },
      { function: 'get_secret', secretId: 's', secretType: 'SecretBinary', roleArn: ROLE },
      {
        function: 'get_dynamodb',
        tableName: 't',
        partitionKeyName: 'p',
        partitionKeyValue: 1,
        sortKeyName: 's',
        sortKeyValue: 'lamp',
        roleArn: ROLE,
      },
      { function: 'get_registry_data', registryApi: 'DescribeThing', thingName: 'lamp', roleArn: ROLE },
      { function: 'aws_lambda', functionArn: 'f', inputJson: { x: 1.5 } },
      { function: 'machinelearning_predict', modelId: 'm', roleArn: ROLE, record: { a: '{"b":1}', c: 2 } },
    ])
  })

  test('sees the same random values however often it stops', async () => {
    let count = 0
    const compileRule = createRuleCompiler({ newUuid: () => String(++count), random: () => count / 10 })
    const sql = `SELECT newuuid() AS a, aws_lambda('f', {}) AS x, newuuid() AS b, aws_lambda('f', {}) AS y, rand() AS c FROM 't'`
    const rule = compileRule({ sql, version: '2016-03-23', ruleName: 'r' })

    expect(
      await rule.evaluateWith(
        answering(() => 5),
        messageOf(),
      ),
    ).toMatchObject({
      output: { a: '1', x: 5, b: '2', y: 5, c: 0.2 },
    })
    expect(count).toBe(2)
  })

  test('asks for every element of a nested query', async () => {
    const rule = compile("SELECT (SELECT VALUE aws_lambda('f', {'n': n}) FROM list) AS all FROM 't'")
    const functions = answering((call) => (call.function === 'aws_lambda' ? call.inputJson : null))

    const list = Array.from({ length: 20 }, (_, n) => ({ n }))
    expect(await rule.evaluateWith(functions, messageOf({ list }))).toMatchObject({ output: { all: list } })
    expect(functions.calls).toHaveLength(20)
  })

  test('does not ask what WHERE has decided', async () => {
    const functions = answering(() => 1)

    const rule = compile("SELECT aws_lambda('f', *) AS v FROM 't' WHERE a = 1")
    expect(await rule.evaluateWith(functions, messageOf({ a: 2 }))).toEqual({ outcome: 'filtered' })
    expect(functions.calls).toEqual([])
  })

  test('ends with the failure of a call, whose own message stays out', async () => {
    const rule = compile("SELECT aws_lambda('f', *) AS v FROM 't'")
    const functions: ExternalFunctions = { call: () => Promise.reject(new RangeError('secret')) }

    const result = await rule.evaluateWith(functions, messageOf())
    expect(result).toEqual({
      outcome: 'error',
      code: 'EXTERNAL_FUNCTION_FAILED',
      message: 'aws_lambda: expected an answer, got RangeError',
    })
    expect(rule.evaluate(messageOf())).toMatchObject({ code: 'EXTERNAL_FUNCTION_FAILED' })
  })

  test('asks nothing for arguments of a wrong type', async () => {
    const functions = answering(() => 1)
    const rule = compile(`SELECT aws_lambda(1, {}) AS a, get_dynamodb('t', 'p', missing, '${ROLE}') AS b,
      get_dynamodb('t', 'p', 'v', 's', '${ROLE}') AS c, get_secret('s', 'Other', '${ROLE}') AS d, 2 AS e FROM 't'`)

    expect(await rule.evaluateWith(functions, messageOf())).toMatchObject({ outcome: 'error' })
    const fewer = compile(`SELECT aws_lambda(1, {}) AS a, get_dynamodb('t', 'p', 'v', 's', '${ROLE}') AS c,
      get_secret('s', 'Other', '${ROLE}') AS d, get_thing_shadow(5, '${ROLE}') AS f, 2 AS e FROM 't'`)
    expect(await fewer.evaluateWith(functions, messageOf())).toMatchObject({ output: { e: 2 } })
    expect(functions.calls).toEqual([])
  })

  test('may call some functions only so often', () => {
    const twice = "decode(*, 'proto', 'b', 'k', 'p', 'm')"

    expect(compile(`SELECT ${twice} AS a, ${twice} AS b FROM 't'`).warnings).toEqual([])
    expect(compile(`SELECT ${twice} AS a, ${twice} AS b, ${twice} AS c FROM 't'`).warnings).toMatchObject([
      { code: 'EXTERNAL_CALLS', reason: expect.stringContaining('decode: expected at most 2') },
    ])
  })

  test('keeps the digits of an answer as far as JavaScript does', async () => {
    const rule = compile("SELECT aws_lambda('f', *).n / 4 AS v FROM 't'")

    expect(
      await rule.evaluateWith(
        answering(() => ({ n: 10.5 })),
        messageOf(),
      ),
    ).toMatchObject({ text: '{"v":2.625}' })
  })
})

describe('a template', () => {
  test('asks outside too', async () => {
    const template = compile("SELECT * FROM 't'").compileTemplate(`key: \${get_secret('s', 'SecretString', '${ROLE}')}`)

    expect(template.asksOutside).toBe(true)
    expect(
      await template.evaluateWith(
        answering(() => 'abc'),
        messageOf(),
      ),
    ).toEqual({ outcome: 'text', text: 'key: abc' })
  })
})

describe('get_secret', () => {
  test.each([
    [{ SecretString: '{"a":1}' }, { secretType: 'SecretString' }, { a: 1 }],
    [{ SecretString: '{"a":"x"}' }, { secretType: 'SecretString', key: 'a' }, 'x'],
    [{ SecretString: 'plain' }, { secretType: 'SecretString' }, 'plain'],
    [{ SecretBinary: Buffer.from('hi') }, { secretType: 'SecretBinary' }, 'aGk='],
  ] as const)('of %j with %j is %j', (secret, call, expected) => {
    expect(secretAnswer(secret, call)).toEqual(expected)
  })

  test.each([
    [{ SecretString: 'plain' }, { secretType: 'SecretString', key: 'a' }],
    [{ SecretString: '{"a":1}' }, { secretType: 'SecretString', key: 'b' }],
    [{ SecretString: '{"a":1}' }, { secretType: 'SecretString', key: 'constructor' }],
    [{ SecretString: '[1]' }, { secretType: 'SecretString', key: '0' }],
    [{ SecretString: 'plain' }, { secretType: 'SecretBinary' }],
    [{ SecretBinary: Buffer.from('hi') }, { secretType: 'SecretString' }],
    [{ SecretBinary: Buffer.from('hi') }, { secretType: 'SecretBinary', key: 'a' }],
  ] as const)('of %j with %j fails', (secret, call) => {
    expect(() => secretAnswer(secret, call)).toThrow('get_secret: expected')
  })
})

describe('protobuf', () => {
  const { root } = protobuf.parse(`syntax = "proto3"; package demo;
    message Reading { string source_name = 1; int64 nano = 2; bytes raw = 3; repeated double values = 4; Kind kind = 5;
      enum Kind { NONE = 0; HOT = 1; } }`)
  const { toDescriptor } = root as unknown as { toDescriptor(syntax: string): protobuf.Message }
  const descriptor = toDescriptor.call(root, 'proto3')
  const descriptorSet = descriptor.$type.encode(descriptor).finish()
  const type = root.lookupType('demo.Reading')
  const bytes = type
    .encode(
      type.fromObject({
        source_name: 'x',
        sourceName: 'x',
        nano: '9007199254740993',
        raw: 'aGk=',
        values: [1.5],
        kind: 1,
      }),
    )
    .finish()

  test('is decoded to its own JSON by the descriptor', async () => {
    expect(await decodeProtobuf(descriptorSet, { messageType: 'demo.Reading', value: bytes })).toEqual({
      sourceName: 'x',
      nano: '9007199254740993',
      raw: 'aGk=',
      values: [1.5],
      kind: 'HOT',
    })
  })

  test('fails for another type, other bytes, and a descriptor that is too large', async () => {
    await expect(decodeProtobuf(descriptorSet, { messageType: 'demo.Other', value: bytes })).rejects.toThrow()
    const truncated = { messageType: 'demo.Reading', value: bytes.subarray(0, 5).fill(0xff) }
    await expect(decodeProtobuf(descriptorSet, truncated)).rejects.toThrow()
    const large = new Uint8Array(33 * 1024)
    await expect(decodeProtobuf(large, { messageType: 'demo.Reading', value: bytes })).rejects.toThrow('at most 32768')
  })
})
