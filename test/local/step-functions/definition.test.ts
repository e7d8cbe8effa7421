import { describe, expect, test } from 'vitest'
import { loadMachine } from '#local/step-functions/index.ts'

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:f'
const one = (state: object) => ({ StartAt: 'One', States: { One: { End: true, ...state } } })
const task = (more: object) => one({ Type: 'Task', Resource: FUNCTION, ...more })
const TOKEN = 'arn:aws:states:::sqs:sendMessage.waitForTaskToken'
const iteration = (state: object) => one({ Type: 'Map', ItemProcessor: one(state) })

describe('a definition', () => {
  test.each<[string, unknown, string]>([
    ['that is none', [], 'a definition is a JSON object'],
    ['with JSONata', { QueryLanguage: 'JSONata', ...one({ Type: 'Pass' }) }, 'QueryLanguage JSONata'],
    ['with JSONata in a state', one({ Type: 'Pass', QueryLanguage: 'JSONata' }), 'state One: QueryLanguage JSONata'],
    ['with an expression of JSONata', one({ Type: 'Pass', Parameters: { a: '{% 1 %}' } }), 'JSONata'],
    ['with Assign', one({ Type: 'Pass', Assign: { a: 1 } }), 'state One: Assign'],
    [
      'with Assign in a Catch',
      task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'One', Assign: { a: 1 } }] }),
      'Assign',
    ],
    ['with Arguments', task({ Arguments: {} }), 'Arguments'],
    ['with a variable', one({ Type: 'Pass', Parameters: { 'a.$': '$name' } }), 'variables'],
    [
      'with a distributed map',
      one({ Type: 'Map', ItemReader: {}, ItemProcessor: one({ Type: 'Pass' }) }),
      'ItemReader',
    ],
    ['with the state of the context', one({ Type: 'Pass', Parameters: { 'a.$': '$$.State.Name' } }), 'context object'],
    [
      'with the item of a map within its iterations',
      iteration({ Type: 'Pass', Parameters: { 'a.$': '$$.Map.Item.Value' } }),
      'context object',
    ],
    ['with the role of another account', task({ Credentials: {} }), 'Credentials'],
    [
      'with a resource that is not here',
      task({ Resource: 'arn:aws:states:::dynamodb:putItem' }),
      'has no task arn:aws:states:::dynamodb:putItem',
    ],
    ['with an activity', task({ Resource: 'arn:aws:states:us-east-1:000000000000:activity:a' }), 'has no task'],
    [
      'that waits for a token it does not give on',
      task({ Resource: TOKEN, Parameters: { MessageBody: 'x' } }),
      'must pass $$.Task.Token on',
    ],
    [
      'that gives on a token it does not wait for',
      task({ Parameters: { 'a.$': '$$.Task.Token' } }),
      'belongs to tasks with',
    ],
    ['with a heartbeat that nobody sends', task({ HeartbeatSeconds: 5 }), 'HeartbeatSeconds belongs to'],
    ['with a wait beyond a timer', one({ Type: 'Wait', Seconds: 3_000_000 }), 'takes Seconds up to'],
    ['that is not of the language', { StartAt: 'Nowhere', States: { One: { Type: 'Pass', End: true } } }, 'invalid'],
  ])('%s is refused', async (_, definition, reason) => {
    await expect(loadMachine(definition)).rejects.toMatchObject({
      code: 'InvalidDefinition',
      message: expect.stringContaining(reason),
    })
  })

  test('may give on anything in its parameters, whatever the names', async () => {
    const machine = await loadMachine(
      task({
        Resource: 'arn:aws:states:::lambda:invoke',
        Parameters: { FunctionName: 'f', Payload: { Output: 1, Items: [], 'input.$': '$' } },
      }),
    )

    expect(machine.tasks).toMatchObject([{ name: 'One', resource: 'lambda:invoke', waitsForToken: false }])
  })
})
