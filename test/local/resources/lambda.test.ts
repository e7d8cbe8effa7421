import { describe, expect, test } from 'vitest'
import { LOGS, lambdaArn, lambdaFunction, role, setUp, type TemplateResources } from './set-up.ts'

const DENIED =
  'AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/worker/echo is not authorized to perform: '

/** A role, a function, what it can send to, and how it is invoked. */
function resources(
  grants: Parameters<typeof role>[0],
  options: { settings?: Record<string, number | string>; deadLetters?: boolean; destination?: boolean } = {},
): TemplateResources {
  const { settings, deadLetters, destination } = options
  const onEnd = { Destination: { 'Fn::GetAtt': ['Target', 'Arn'] } }
  return {
    Role: role([LOGS, ...grants]),
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'lost' } },
    Target: lambdaFunction('target'),
    Echo: lambdaFunction('echo', {
      Environment: { Variables: { GREETING: 'hello', COUNT: 3 } },
      Timeout: 7,
      MemorySize: '256',
      ...(deadLetters && { DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['Queue', 'Arn'] } } }),
    }),
    ...((settings || destination) && {
      Config: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: {
          FunctionName: { Ref: 'Echo' },
          Qualifier: '$LATEST',
          ...settings,
          ...(destination && { DestinationConfig: { OnSuccess: onEnd, OnFailure: onEnd } }),
        },
      },
    }),
  }
}

async function setUpFunctions() {
  const runtime = await setUp()
  runtime.writeAsset('echo', 'export const handler = async () => ({ ...process.env })')
  runtime.writeAsset('target', 'export const handler = async () => null')
  return runtime
}

describe('AWS::Lambda::Function', () => {
  test('runs its asset with its variables, the credentials of its role and the local endpoint', async () => {
    const { create, invoke, context } = await setUpFunctions()
    const stack = await create(resources([]))

    const env = Object(await invoke('echo'))

    expect(stack.resource('Echo').ref).toBe('echo')
    expect(stack.resource('Echo').attribute('Arn')).toBe(lambdaArn('echo'))
    expect(env).toMatchObject({
      GREETING: 'hello',
      COUNT: '3',
      AWS_ENDPOINT_URL: context.apiUrl,
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    })
    expect(context.iam.identify(env.AWS_ACCESS_KEY_ID, env.AWS_SESSION_TOKEN)).toMatchObject({
      kind: 'role',
      arn: 'arn:aws:sts::000000000000:assumed-role/worker/echo',
    })
  })

  test('whose role may not write its log is refused as AWS would deny it', async () => {
    const { create } = await setUpFunctions()
    const { Queue, Target, ...others } = resources([])

    const creating = create({ ...others, Role: role([]) })

    await expect(creating).rejects.toThrow(
      `${DENIED}logs:CreateLogStream on resource: arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/echo:*`,
    )
  })

  test('whose role may not send to its dead-letter queue is refused', async () => {
    const { create } = await setUpFunctions()

    await expect(create(resources([], { deadLetters: true }))).rejects.toThrow(
      `${DENIED}sqs:SendMessage on resource: arn:aws:sqs:us-east-1:000000000000:lost`,
    )
  })

  test('whose role may send to its dead-letter queue is taken', async () => {
    const { create } = await setUpFunctions()
    const grant = { action: 'sqs:SendMessage', resource: 'arn:aws:sqs:us-east-1:000000000000:lost' }

    await expect(create(resources([grant], { deadLetters: true }))).resolves.toBeDefined()
  })

  test.each([
    ['a role that Lambda may not assume', { Role: role([LOGS], 'iot.amazonaws.com') }, 'cannot be assumed by Lambda'],
    [
      'another runtime',
      { Echo: lambdaFunction('echo', { Runtime: 'python3.14' }) },
      'expected a Node.js runtime, got python3.14',
    ],
    [
      'no handler',
      { Echo: lambdaFunction('echo', { Handler: { Ref: 'AWS::NoValue' } }) },
      'expected Handler to be text, got undefined',
    ],
    [
      'a timeout that is no number',
      { Echo: lambdaFunction('echo', { Timeout: 'long' }) },
      'AWS::Lambda::Function Echo: expected Timeout to be a number, got "long"',
    ],
    [
      'a timeout over 15 minutes',
      { Echo: lambdaFunction('echo', { Timeout: 901 }) },
      'timeoutSeconds: expected an integer from 1 to 900, got 901',
    ],
    [
      'code in the template',
      { Echo: lambdaFunction('echo', { Code: { ZipFile: 'exports.handler = () => {}' } }) },
      'the local runtime does not know Code.ZipFile of AWS::Lambda::Function',
    ],
  ])('with %s is refused', async (_, changes: TemplateResources, reason) => {
    const { create } = await setUpFunctions()

    await expect(create({ ...resources([]), ...changes })).rejects.toThrow(reason)
  })
})

describe('AWS::Lambda::EventInvokeConfig', () => {
  test('with destinations that the role may reach is taken', async () => {
    const { create } = await setUpFunctions()
    const grant = { action: 'lambda:InvokeFunction', resource: lambdaArn('target') }

    const stack = await create(resources([grant], { destination: true, settings: { MaximumRetryAttempts: 0 } }))

    expect(stack.resource('Config').ref).toBe(`${lambdaArn('echo')}:event-invoke-config`)
  })

  test('with a destination that the role may not reach is refused as AWS would', async () => {
    const { create } = await setUpFunctions()

    await expect(create(resources([], { destination: true }))).rejects.toThrow(
      `${DENIED}lambda:InvokeFunction on resource: ${lambdaArn('target')}`,
    )
  })

  test('may name the function by its ARN', async () => {
    const { create } = await setUpFunctions()
    const grant = { action: 'lambda:InvokeFunction', resource: lambdaArn('target') }
    const { Config, ...others } = resources([grant], { destination: true })
    const FunctionName = { 'Fn::GetAtt': ['Echo', 'Arn'] }

    const creating = create({
      ...others,
      Config: { Type: 'AWS::Lambda::EventInvokeConfig', Properties: { ...Config?.Properties, FunctionName } },
    })

    await expect(creating).resolves.toBeDefined()
  })

  test.each([
    ['three retries', { MaximumRetryAttempts: 3 }, 'maximumRetryAttempts: expected an integer from 0 to 2, got 3'],
    ['an age under a minute', { MaximumEventAgeInSeconds: 59 }, 'maximumEventAgeSeconds: expected an integer from 60'],
    ['retries that are no number', { MaximumRetryAttempts: 'some' }, 'expected MaximumRetryAttempts to be a number'],
  ])('with %s is refused', async (_, settings, reason) => {
    const { create } = await setUpFunctions()

    await expect(create(resources([], { settings }))).rejects.toThrow(reason)
  })
})
