import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DEFAULT_STAGE,
  deadLetterLabel,
  deadLetterQueueName,
  deploymentNames,
  ruleDefinitions,
  STAGE_PATTERN,
} from '#contract/index.ts'

const stages = fc.stringMatching(/^[a-z][a-z0-9-]{0,15}$/).filter((stage) => STAGE_PATTERN.test(stage))

describe('deploymentNames', () => {
  test('fit the patterns of their services for every stage', () => {
    fc.assert(
      fc.property(stages, (stage) => {
        const names = deploymentNames(stage)
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
        expect(names.stackName).toMatch(/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/)
        // https://docs.aws.amazon.com/iot/latest/apireference/API_CreateAuthorizer.html
        expect(names.authorizer).toMatch(/^[\w=,@-]{1,128}$/)
        // https://docs.aws.amazon.com/iot/latest/apireference/API_CreateDomainConfiguration.html
        for (const domain of Object.values(names.domains)) expect(domain).toMatch(/^[\w.-]{1,128}$/)
        // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html; a dash and six characters at the end misleads it
        expect(names.issuerSecret).toMatch(/^[A-Za-z0-9/_+=.@-]{1,512}$/)
        expect(names.issuerSecret).not.toMatch(/-.{6}$/)
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
        const { deviceTable, correlationTable, memoryTable, statusTable } = names
        for (const table of [deviceTable, correlationTable, memoryTable, statusTable]) {
          expect(table).toMatch(/^[a-zA-Z0-9_.-]{3,255}$/)
        }
      }),
    )
  })

  test('the rules of two stages never share a name', () => {
    const ruleNames = (stage: string) =>
      ruleDefinitions('jamey', deploymentNames(stage).rulePrefix).map(({ name }) => name)
    const close = fc.stringMatching(/^a[a-]{0,4}$/).filter((stage) => STAGE_PATTERN.test(stage))
    fc.assert(
      fc.property(close, close, (one, other) => {
        fc.pre(one !== other)
        const taken = new Set(ruleNames(one))
        expect(ruleNames(other).filter((name) => taken.has(name))).toEqual([])
      }),
    )
  })

  test('a dead-letter queue belongs to one stage', () => {
    const close = fc.stringMatching(/^a(-dlq)?(-[ab])?$/).filter((stage) => STAGE_PATTERN.test(stage))
    fc.assert(
      fc.property(close, close, fc.constantFrom('api', 'ruleErrors'), (one, other, label) => {
        const name = deadLetterQueueName(one, label)
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
        expect(name).toMatch(/^[A-Za-z0-9_-]{1,80}$/)
        expect(deadLetterLabel(other, name)).toBe(one === other ? label : undefined)
      }),
    )
    expect(() => deadLetterQueueName('dev', 'a-b')).toThrow(TypeError)
  })

  test.each(['', 'Dev', '1dev', 'dev_1', 'dev.1', 'a'.repeat(17), 'dev\n', 'dev-', 'a--b'])(
    'refuses the stage %j',
    (stage) => {
      expect(stage).not.toMatch(STAGE_PATTERN)
    },
  )

  test.each([DEFAULT_STAGE, 'a', 'prod-eu-2', 'a'.repeat(16)])('takes the stage %s', (stage) => {
    expect(stage).toMatch(STAGE_PATTERN)
  })
})
