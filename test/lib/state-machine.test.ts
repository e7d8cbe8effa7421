import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readStateMachine } from '../../lib/state-machine-file.ts'
import { synthesizeStack } from './synthesized.ts'

const FILE = 'examples/state-machine/review.asl.json'

test('a state machine takes the place of the durable function: started by name, known by its own time, its ends told', () => {
  const { resources } = synthesizeStack({ reviewStateMachineFile: FILE })
  const [machine] = Object.values(resources('AWS::StepFunctions::StateMachine'))
  const functions = Object.values(resources('AWS::Lambda::Function'))
  const starter = functions.find(({ Properties }) => String(Properties.FunctionName).endsWith('-starter'))

  expect(machine?.Properties).toMatchObject({
    StateMachineName: 'mqtt-cloud-bridge-dev-review',
    DefinitionSubstitutions: { Operator: 'operator-1', Requester: expect.anything(), Reconciler: expect.anything() },
  })
  const workflows = JSON.stringify(starter?.Properties.Environment)
  expect(workflows).toContain(':stateMachine:mqtt-cloud-bridge-dev-review')
  expect(workflows).toContain(String(4_500 + 900))
  const rules = JSON.stringify(Object.values(resources('AWS::Events::Rule')))
  expect(rules).toContain('"status":["FAILED","TIMED_OUT","ABORTED"]')
})

test.each([
  ['no JSON', '{', /reviewStateMachineFile .+: .*JSON/],
  ['no end', '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}', /TimeoutSeconds/],
  ['no states', '{"StartAt":"A","TimeoutSeconds":60}', /States/],
])('a file with %s is refused, and says so', (_, text, problem) => {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-machine-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'machine.json')
  writeFileSync(file, text)

  expect(() => readStateMachine(file)).toThrow(problem)
})
