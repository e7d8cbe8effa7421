import { BROKER_PARITY, PARITY_SOURCES } from '../broker/index.ts'
import { DURABLE_PARITY } from '../durable/index.ts'
import { DYNAMODB_PARITY } from '../dynamodb/index.ts'
import { EVENT_SOURCE_PARITY } from '../event-sources/index.ts'
import { EVENTS_PARITY } from '../events/index.ts'
import { HTTP_API_PARITY } from '../http-api/index.ts'
import { IAM_PARITY } from '../iam/index.ts'
import { ENDPOINT_KINDS, RULES_PARITY } from '../iot/index.ts'
import { POLICY_PARITY } from '../iot-policy/index.ts'
import { SQL_PARITY } from '../iot-sql/index.ts'
import { LAMBDA_PARITY } from '../lambda/index.ts'
import { TOPIC_RULE_ACTIONS } from '../resources/index.ts'
import type { ServiceParityRow } from '../state/index.ts'
import { STATES_PARITY } from '../step-functions/index.ts'
import { code, link, table } from './markdown.ts'
import { operations } from './operations.ts'
import { resourceTypes } from './resource-types.ts'

const INTRODUCTION = `# What is like AWS, and what is not

This page is written by \`npm run docs:parity\` from the tables that the code itself goes by; a test fails when they differ. No row of it was
held against a live account: what AWS does is taken from its documentation, at the page that each row names. \`npm run test:aws\` runs the
suites of [test/aws](../test/aws/README.md) against one.

| state | means |
| --- | --- |
| honoured, complete | as documented |
| option, chosen | AWS is silent or says two things; the note says what was chosen, and an option can be set otherwise |
| injected | the answer comes from another service of the runtime, or from whoever uses the engine |
| differs | otherwise than on AWS, as the note says |
| missing | not there; whoever uses it is told |`

/** The whole page, as Markdown. */
export function parityDocument(): string {
  const sections = {
    'Resource types': `A property that stands in no column is told at start with its resource (\`property_unknown\`), and so is a type that is not here. A refused
one stops the start.\n\n${resourceTypes()}`,
    Endpoints: table(
      ['endpoint', 'authentication', 'protocol'],
      Object.entries(ENDPOINT_KINDS).map(([kind, one]) => [
        `\`${kind}\``,
        `\`${one.authenticationType}\``,
        `\`${one.applicationProtocol}\``,
      ]),
    ),
    'Message broker': table(
      ['feature', 'state', 'value', 'note', 'source'],
      BROKER_PARITY.map((row) => [
        row.feature,
        row.state,
        row.value ?? '',
        row.note ?? '',
        link(PARITY_SOURCES[row.source]),
      ]),
    ),
    'IoT policies': services(POLICY_PARITY),
    'Topic rules': `Actions known to a template: ${code(TOPIC_RULE_ACTIONS)}.\n\n${services(RULES_PARITY)}`,
    'SQL of topic rules': table(
      ['clause or function', 'state', 'since', 'note', 'source'],
      SQL_PARITY.map(({ kind, name, state, since, note = '', source }) => [
        kind === 'function' ? `\`${name}()\`` : name,
        state,
        since,
        note,
        link(source),
      ]),
    ),
    'Operations of the APIs': `Others are refused by name.\n\n${operations()}`,
    Lambda: services(LAMBDA_PARITY),
    'Durable functions': services(DURABLE_PARITY),
    'Event sources': services(EVENT_SOURCE_PARITY),
    IAM: services(IAM_PARITY),
    DynamoDB: services(DYNAMODB_PARITY),
    EventBridge: services(EVENTS_PARITY),
    'Step Functions': services(STATES_PARITY),
    'HTTP APIs': services(HTTP_API_PARITY),
  }
  const parts = Object.entries(sections).map(([title, body]) => `## ${title}\n\n${body}`)
  return `${[INTRODUCTION, ...parts].join('\n\n')}\n`
}

function services(rows: readonly ServiceParityRow[]): string {
  return table(
    ['feature', 'state', 'note', 'source'],
    rows.map(({ feature, state, note = '', source }) => [feature, state, note, link(source)]),
  )
}
