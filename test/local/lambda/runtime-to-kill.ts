// A runtime that is killed by the test that starts it: queues one event for a function that does not end.
// Arguments: the state file, the folder of the bundle.
import { createLambdaService } from '#local/lambda/index.ts'
import { openState } from '#local/state/index.ts'

const [, , file = '', codePath = ''] = process.argv
const service = createLambdaService({
  db: openState({ file }).db,
  deliver: async () => {},
  log: () => {},
  onLogLine({ text, requestId }) {
    if (text === 'working') process.stdout.write(`${requestId}\n`)
  },
})
service.define({
  functionName: 'echo',
  functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:echo',
  codePath,
  handler: 'index.handler',
  environment: {},
  timeoutSeconds: 60,
  memoryMb: 128,
})
service.start()
await service.invokeAsync('echo', { from: 'the killed runtime' })
await service.idle()
