import { describe, expect, test } from 'vitest'
import { synthesizeStack } from './synthesized.ts'

const plain = synthesizeStack()
const announcing = synthesizeStack({ events: 'true' })
const tablesOf = ({ resources }: typeof plain) =>
  Object.fromEntries(
    Object.values(resources('AWS::DynamoDB::Table')).map(({ Properties }) => [
      String(Properties.TableName).split('-').at(-1),
      Properties.StreamSpecification,
    ]),
  )

describe('events', () => {
  test('cost nothing unless they are asked for: no bus, no stream, no function', () => {
    plain.template.resourceCountIs('AWS::Events::EventBus', 0)
    expect(Object.values(tablesOf(plain)).filter(Boolean)).toEqual([])
    expect(JSON.stringify(plain.template.toJSON())).not.toContain('announcer')
  })

  test('are read from the two tables that hold what they tell', () => {
    const whole = { StreamViewType: 'NEW_AND_OLD_IMAGES' }

    expect(tablesOf(announcing)).toMatchObject({ correlations: whole, presence: whole })
    expect(Object.values(tablesOf(announcing)).filter(Boolean)).toHaveLength(2)
    announcing.template.hasResourceProperties('AWS::Events::EventBus', { Name: 'mqtt-cloud-bridge-dev-events' })
  })

  test('are tried again from the first that failed, for as long as the stream keeps it', () => {
    const mappings = Object.values(announcing.resources('AWS::Lambda::EventSourceMapping'))
      .map(({ Properties }) => Properties)
      .filter(({ StartingPosition }) => StartingPosition !== undefined)

    expect(mappings).toHaveLength(2)
    for (const mapping of mappings) {
      expect(mapping).toMatchObject({
        StartingPosition: 'TRIM_HORIZON',
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      })
      expect(mapping).not.toHaveProperty('MaximumRetryAttempts')
      expect(mapping).not.toHaveProperty('MaximumRecordAgeInSeconds')
    }
  })
})
