import { expect, test } from 'vitest'
import { createMeter } from '#local/meter/index.ts'
import { createEngine, message, QUEUE, rule } from './set-up.ts'

const KB = 1024

function billed(run: (engine: ReturnType<typeof createEngine>['engine']) => Promise<void>, fails = {}) {
  const { count, read } = createMeter()
  const { engine } = createEngine({ count, fails })
  return run(engine).then(async () => {
    await engine.settled()
    const { 'iot.rulesTriggered': rules, 'iot.ruleActions': actions } = read()
    return { rules: rules.echo, actions: actions.echo }
  })
}

test('a rule is metered when it is triggered, and each of its actions, in steps of 5 KB of the message', async () => {
  const used = await billed(async (engine) => {
    engine.define({ ...rule, actions: [...rule.actions, QUEUE] })
    await engine.handle(message)
    await engine.handle({ ...message, payload: Buffer.alloc(5 * KB + 1, 'x') })
    await engine.handle({ ...message, topic: 'b/c' })
  })
  expect(used).toEqual({ rules: 3, actions: 6 })
})

test('a rule whose statement lets nothing through is metered with one action all the same', async () => {
  const used = await billed(async (engine) => {
    engine.define({ ...rule, sql: "SELECT * FROM 'a/+' WHERE clientid() <> 'lamp-1'", actions: [QUEUE, QUEUE] })
    await engine.handle(message)
  })
  expect(used).toEqual({ rules: 1, actions: 1 })
})

test('the error action is an action more', async () => {
  const used = await billed(
    async (engine) => {
      engine.define(rule)
      await engine.handle(message)
    },
    { invokeFunction: [new Error('no permission')] },
  )
  expect(used).toEqual({ rules: 1, actions: 2 })
})
