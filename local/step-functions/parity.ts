import type { ServiceParityRow } from '../state/index.ts'
import { MAX_TIMER_SECONDS, TASK_RESOURCES, TOKEN_SUFFIX, UNSEEN_FIELDS } from './definition-check.ts'
import { RESTART_FAILURE } from './step-functions.ts'

const GUIDE = 'https://docs.aws.amazon.com/step-functions/latest/dg/'

export const STATES_PARITY: readonly ServiceParityRow[] = [
  row(
    'Amazon States Language with JSONPath and intrinsic functions',
    'honoured',
    'concepts-amazon-states-language.html',
    'on aws-local-stepfunctions, in memory; definitions are validated',
  ),
  row(
    'Fields that the engine would ignore',
    'missing',
    'concepts-amazon-states-language.html',
    `refused at start with the state: ${UNSEEN_FIELDS.map((name) => `\`${name}\``).join(', ')}, \`QueryLanguage\` JSONata, variables, \`$$.State\`, and within branches and iterations \`$$.Map\`, \`$$.Execution.Input\` and \`StartTime\``,
  ),
  row(
    'Tasks',
    'honoured',
    'integrate-services.html',
    `${TASK_RESOURCES.map((name) => `\`${name}\``).join(', ')}, each also with \`${TOKEN_SUFFIX}\`, and functions by their ARN; others are refused at start`,
  ),
  row('Task tokens, heartbeats, TimeoutSeconds of tasks', 'honoured', 'connect-to-resource.html'),
  row(
    'Waits and timeouts of whole executions',
    'differs',
    'state-wait.html',
    `in real time, up to ${MAX_TIMER_SECONDS.toLocaleString('en-US')} s`,
  ),
  row(
    'A restart of the runtime',
    'differs',
    'concepts-standard-vs-express.html',
    `executions that were running end as FAILED with \`${RESTART_FAILURE.error}\` and their status event; finished ones stay`,
  ),
  row('Starts by name are idempotent while the execution runs', 'honoured', 'concepts-state-machine-executions.html'),
  row(
    'The role of the state machine for each call',
    'honoured',
    'procedure-create-iam-role.html',
    'a denial is States.Permissions',
  ),
  row(
    'History',
    'differs',
    'concepts-states.html',
    'tasks have TaskScheduled, Started, Submitted, Succeeded, Failed and TimedOut, functions by their ARN as well',
  ),
  row('Status changes on the default event bus', 'honoured', 'eventbridge-integration.html'),
  row(
    'A change of a state machine',
    'honoured',
    'concepts-state-machine-version.html',
    'executions end by the definition that they began with',
  ),
  row(
    'Express workflows, activities, versions, aliases, redrive, logging, X-Ray',
    'missing',
    'choosing-workflow-type.html',
  ),
]

function row(feature: string, state: ServiceParityRow['state'], page: string, note?: string): ServiceParityRow {
  return { feature, state, source: GUIDE + page, ...(note !== undefined && { note }) }
}
