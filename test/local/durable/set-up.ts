import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetDurableExecutionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import { createApiServer } from '#local/aws-api/index.ts'
import { createDurableExecutions, type ExecutionFacts, withDurableExecutions } from '#local/durable/index.ts'
import { createFunctionVersions, createLambdaService, type Deliver } from '#local/lambda/index.ts'
import { openState, type State } from '#local/state/index.ts'
import { lambdaApi } from '../../../local/runtime/lambda-api.ts'
import { createFakeClock, type FakeClock } from '../state/fake-clock.ts'

export const ACCOUNT = { region: 'us-east-1', accountId: '000000000000' } as const
export const functionArn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`
const CREDENTIALS = { accessKeyId: 'ASIAAAAAAAAAAAAAAAAA', secretAccessKey: 'secret' }

let bundled: Promise<string> | undefined

/** The folder of the workflows' bundle, made once a file as `lib/bundling.ts` makes those of the functions. */
function workflowBundle(): Promise<string> {
  bundled ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-workflows-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    await build({
      entryPoints: [join(import.meta.dirname, '../../fixtures/durable/workflows.ts')],
      outfile: join(folder, 'index.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      mainFields: ['module', 'main'],
      banner: {
        js: "import { createRequire as makeRequire } from 'node:module';const require = makeRequire(import.meta.url);",
      },
    })
    return folder
  })()
  return bundled
}

interface Options {
  state?: State
  clock?: FakeClock
  executionTimeoutSeconds?: number
  deliver?: Deliver
  codePath?: string
  /** Function names that may not be invoked by others. */
  forbidden?: readonly string[]
  /** When all of it is closed. Default: after the test. */
  onEnd?: (close: () => Promise<void>) => void
}

/** A durable function and a plain one, run by the services of the runtime; time is the test's. */
export async function setUp(options: Options = {}) {
  const {
    state = openState({ file: ':memory:' }),
    clock = createFakeClock(Date.now()),
    deliver = async () => {},
  } = options
  const { codePath = await workflowBundle(), onEnd = onTestFinished } = options
  const statuses: ExecutionFacts[] = []
  const log: Record<string, unknown>[] = []
  const functions = createLambdaService({ db: state.db, deliver, log() {}, clock })
  const versions = createFunctionVersions(state.db)
  const durable = createDurableExecutions({
    db: state.db,
    lambda: functions,
    versions,
    account: ACCOUNT,
    deliver,
    onStatus: (facts) => void statuses.push(structuredClone(facts)),
    refusal: (_, targetArn) =>
      options.forbidden?.some((name) => targetArn.includes(`:${name}`)) ? 'User may not invoke it' : undefined,
    log: (entry) => void log.push(entry),
    clock,
  })
  const lambda = withDurableExecutions(functions, () => durable)
  const api = await createApiServer({
    services: { lambda: lambdaApi({ lambda, versions, durable }, ACCOUNT) },
    identify: () => ({ kind: 'developer', arn: 'arn:aws:iam::000000000000:user/developer' }),
    authorize: () => ({ decision: 'allowed' }),
    log: (entry) => void log.push(entry),
  })
  const definition = {
    codePath,
    timeoutSeconds: 60,
    memoryMb: 256,
    environment: {
      AWS_ENDPOINT_URL: api.url,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
  }
  const definitionOf = (functionName: string, handler = 'index.handler') => ({
    ...definition,
    functionName,
    functionArn: functionArn(functionName),
    handler,
  })
  functions.define(definitionOf('workflows'))
  functions.define(definitionOf('plain', 'index.plainHandler'))
  durable.configure('workflows', {
    functionArn: functionArn('workflows'),
    roleArn: 'arn:aws:iam::000000000000:role/workflows',
    deadLetterArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
    executionTimeoutSeconds: options.executionTimeoutSeconds ?? 3_600,
    retentionDays: 1,
  })
  functions.start()
  durable.resume()
  const client = new LambdaClient({
    endpoint: api.url,
    region: ACCOUNT.region,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  })
  let isClosed = false
  async function close() {
    if (isClosed) return
    isClosed = true
    client.destroy()
    await durable.close()
    await functions.close()
    await api.close()
    if (!options.state) state.close()
  }
  onEnd(close)

  const describe = async (DurableExecutionArn: string) =>
    client.send(new GetDurableExecutionCommand({ DurableExecutionArn }))

  return {
    ...{ functions, definition: definitionOf },
    ...{ clock, codePath, durable, lambda, client, statuses, log, state, describe, close },
    /** Starts a workflow as an event; returns the ARN of its execution. */
    async start(workflow: string, input: unknown = null, DurableExecutionName?: string): Promise<string> {
      const { DurableExecutionArn } = await client.send(
        new InvokeCommand({
          FunctionName: 'workflows:$LATEST',
          InvocationType: 'Event',
          Payload: Buffer.from(JSON.stringify({ workflow, input })),
          ...(DurableExecutionName !== undefined && { DurableExecutionName }),
        }),
      )
      return DurableExecutionArn ?? ''
    },
    /** Lets time pass, a second at a time, whenever nothing runs, until the execution has ended. */
    async finish(arn: string) {
      for (let second = 0; second < 7_200; second += 1) {
        await lambda.idle()
        const execution = durable.describe(arn)
        if (execution.facts.status !== 'RUNNING') return describe(arn)
        clock.advance(1_000)
      }
      throw new Error(`${arn} does not end`)
    },
    /** The id of a callback that is waited for. */
    async callbackId(arn: string): Promise<string> {
      await lambda.idle()
      const [waiting] = [...durable.describe(arn).operations.values()].filter(
        ({ type, status }) => type === 'CALLBACK' && status === 'STARTED',
      )
      return waiting?.callback?.id ?? ''
    },
  }
}
