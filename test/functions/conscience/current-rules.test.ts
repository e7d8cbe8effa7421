import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CONSCIENCE_RULE_SET, RULE_SET_KEPT_SECONDS, TABLE_KEYS } from '#contract/index.ts'
import { createCurrentRules } from '#functions/conscience/current-rules.ts'
import { createRuleTable, type RuleTable } from '#functions/conscience/rule-table.ts'
import { parseRules, type RuleInput } from '#functions/conscience/rules.ts'
import { createRuleSets, type RuleSets } from '../../../cli/rules/rule-sets.ts'
import { openDynamoDb, type TestDynamoDb } from '../../fixtures/dynamodb.ts'
import { recordingObserver } from './chain.ts'

const TABLE = 'rules'
const rule = (name: string): RuleInput[] => [
  { name, description: name, weight: 1, honours: [], violates: ['lie'], veto: true },
]
const json = (name: string) => JSON.stringify(rule(name))

let dynamoDb: TestDynamoDb
let sets: RuleSets
beforeEach(async () => {
  dynamoDb = openDynamoDb()
  await dynamoDb.createTable(TABLE, TABLE_KEYS.rules.partitionKey, TABLE_KEYS.rules.sortNumber)
  sets = createRuleSets(dynamoDb.client, TABLE)
})
afterEach(() => dynamoDb[Symbol.asyncDispose]())

/** A function with the rules of a deployment, whose clock is set by the test and whose table can be taken away. */
function startFunction() {
  const { observer, lines } = recordingObserver()
  const state = { nowMs: 1_000_000, isDown: false, reads: 0 }
  const real = createRuleTable({ client: dynamoDb.client, tableName: TABLE })
  const table: RuleTable = {
    async newest(below) {
      state.reads += 1
      if (state.isDown) throw new Error('throttled')
      return real.newest(below)
    },
  }
  const evaluator = createCurrentRules({
    table,
    deployed: parseRules(rule('deployed')),
    observer,
    nowMs: () => state.nowMs,
  })
  return {
    state,
    events: () => lines.map(({ event, fields }) => `${event} ${fields.version}`),
    later: (seconds: number) => {
      state.nowMs += seconds * 1_000
    },
    /** The rules that it judges by. */
    async rules() {
      const { applied_rules: names } = await evaluator.evaluate({ action: 'lie', context: '', userId: null })
      return names
    },
  }
}

describe('the rules in force', () => {
  test('are those of the deployment until others are set', async () => {
    const { rules, events } = startFunction()

    expect(await rules()).toEqual(['deployed'])
    expect(events()).toEqual([])
  })

  test('are the newest that were set, for a function that starts', async () => {
    await sets.add(0, json('first'), null)
    await sets.add(1, json('second'), null)

    expect(await startFunction().rules()).toEqual(['second'])
  })

  test(`change within ${RULE_SET_KEPT_SECONDS} seconds in a function that runs, with one read in that time`, async () => {
    const { rules, later, events, state } = startFunction()
    await rules()
    await sets.add(0, json('first'), null)

    later(RULE_SET_KEPT_SECONDS - 1)
    expect(await rules()).toEqual(['deployed'])
    expect(state.reads).toBe(1)
    later(1)
    expect(await rules()).toEqual(['first'])
    expect(state.reads).toBe(2)
    expect(events()).toEqual(['rules_in_force 1'])
  })

  test('are those of the deployment again after a reset', async () => {
    await sets.add(0, json('first'), null)
    const { rules, later } = startFunction()
    await rules()
    await sets.add(1, null, null)
    later(RULE_SET_KEPT_SECONDS)

    expect(await rules()).toEqual(['deployed'])
  })
})

describe('a version that is not valid', () => {
  /** Past the check of the command line. */
  const setBad = (version: number, stored: string | number) =>
    dynamoDb.client.send(
      new PutItemCommand({
        TableName: TABLE,
        Item: {
          rule_set: { S: CONSCIENCE_RULE_SET },
          version: { N: String(version) },
          rules_json: typeof stored === 'string' ? { S: stored } : { N: String(stored) },
        },
      }),
    )

  test.each([
    ['no text', 7],
    ['no JSON', '{'],
    ['no rules', '[]'],
    ['a rule without a weight', JSON.stringify([{ ...rule('bad')[0], weight: undefined }])],
  ])('is refused and told once, and the one before stays: %s', async (_, text) => {
    await sets.add(0, json('first'), null)
    const { rules, later, events } = startFunction()
    await rules()
    await setBad(2, text)

    for (let round = 0; round < 3; round++) {
      later(RULE_SET_KEPT_SECONDS)
      expect(await rules()).toEqual(['first'])
    }
    expect(events()).toEqual(['rules_in_force 1', 'rules_refused 2'])
  })

  test('is passed over by a function that starts', async () => {
    await sets.add(0, json('first'), null)
    await setBad(2, '[]')
    await setBad(3, '{}')

    expect(await startFunction().rules()).toEqual(['first'])
  })
})

describe('a table that cannot be read', () => {
  test('leaves the rules as they are, is told, and is asked again after five seconds', async () => {
    await sets.add(0, json('first'), null)
    const { rules, later, state, events } = startFunction()
    await rules()
    await sets.add(1, json('second'), null)
    state.isDown = true
    later(RULE_SET_KEPT_SECONDS)
    expect(await rules()).toEqual(['first'])
    expect(await rules()).toEqual(['first'])
    expect(state.reads).toBe(2)

    state.isDown = false
    later(5)
    expect(await rules()).toEqual(['second'])
    expect(events()).toEqual(['rules_in_force 1', 'rules_unavailable 1', 'rules_in_force 2'])
  })

  test('fails the first request, which is repeated: nobody knows what is in force', async () => {
    const { rules, state } = startFunction()
    state.isDown = true
    await expect(rules()).rejects.toThrow('throttled')

    state.isDown = false
    expect(await rules()).toEqual(['deployed'])
  })
})

describe('setting rules', () => {
  test('refuses a note that could not be read again', async () => {
    await expect(sets.add(0, json('first'), 'n'.repeat(501))).rejects.toMatchObject({ code: 'invalid_option' })
    expect(await sets.newest(1)).toEqual([])
  })

  test('is refused when somebody else was faster', async () => {
    await sets.add(0, json('first'), null)

    await expect(sets.add(0, json('other'), null)).rejects.toMatchObject({ code: 'rules_changed' })
    expect(await sets.newest(5)).toMatchObject([{ version: 1, rules_json: json('first') }])
  })

  test('keeps every version', async () => {
    await sets.add(0, json('first'), 'why')
    await sets.add(1, json('second'), null)

    expect((await sets.newest(10)).map(({ version }) => version)).toEqual([2, 1])
    expect(await sets.get(1)).toMatchObject({ rules_json: json('first'), note: 'why' })
    await expect(sets.get(3)).rejects.toMatchObject({ code: 'rules_not_found' })
  })
})
