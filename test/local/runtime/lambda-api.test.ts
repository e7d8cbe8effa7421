import { describe, expect, test } from 'vitest'
import type { ApiRequest } from '#local/aws-api/index.ts'
import { createDurableExecutions } from '#local/durable/index.ts'
import { createFunctionVersions } from '#local/lambda/index.ts'
import { lambdaApi } from '../../../local/runtime/lambda-api.ts'
import { functionOf, setUp } from '../lambda/set-up.ts'

const ACCOUNT = { region: 'eu-west-1', accountId: '123456789012' }

function request(name: string, body: string, type?: string): ApiRequest {
  return {
    method: 'POST',
    path: `/2015-03-31/functions/${name}/invocations`,
    query: new URLSearchParams(),
    headers: type === undefined ? {} : { 'x-amz-invocation-type': type },
    body: Buffer.from(body),
    caller: { kind: 'developer', arn: 'arn:me' },
    requestId: 'r',
    json: () => ({}),
  }
}

function createApi() {
  const { service, state } = setUp()
  service.define(functionOf('export const handler = async (event) => event'))
  service.define(functionOf('', { functionName: 'off', reservedConcurrency: 0 }))
  const versions = createFunctionVersions(state.db)
  const durable = createDurableExecutions({
    ...{ db: state.db, lambda: service, versions, account: ACCOUNT },
    deliver: async () => {},
    onStatus() {},
    refusal: () => undefined,
    log() {},
  })
  versions.alias('echo', 'live', versions.publish('echo', 'First').version)
  return { api: lambdaApi({ lambda: service, versions, durable }, ACCOUNT), service }
}

describe('an invocation by the API', () => {
  test('is answered with the version that ran', async () => {
    const { api } = createApi()

    expect(await api.handle(request('echo', '{"a":1}'))).toMatchObject({
      status: 200,
      headers: { 'x-amz-executed-version': '$LATEST' },
      body: '{"a":1}',
    })
  })

  test('of an alias is answered with the version it stands for', async () => {
    const { api } = createApi()

    expect(await api.handle(request('echo:live', '{"a":1}'))).toMatchObject({
      headers: { 'x-amz-executed-version': '1' },
      body: '{"a":1}',
    })
    expect(api.actionsFor(request('echo:live', ''))).toEqual([
      { action: 'lambda:InvokeFunction', resource: 'arn:aws:lambda:eu-west-1:123456789012:function:echo:live' },
    ])
  })

  test('that is only asked for runs nothing', async () => {
    const { api, service } = createApi()

    expect(await api.handle(request('echo', '{}', 'DryRun'))).toEqual({ status: 204, body: '' })
    expect(service.stats().echo).toMatchObject({ invocations: 0 })
  })

  test.each([
    ['a function that is throttled', 'off', '{}', 'TooManyRequestsException', 429],
    ['a version that is not there', 'echo:2', '{}', 'ResourceNotFoundException', 404],
    ['a function that is not there', 'other', '{}', 'ResourceNotFoundException', 404],
    ['a body that is no JSON', 'echo', '{', 'InvalidRequestContentException', 400],
    ['a body that is too large', 'echo', JSON.stringify('x'.repeat(6_300_000)), 'RequestTooLargeException', 413],
  ])('of %s is refused as AWS does', async (_, name, body, code, status) => {
    const { api } = createApi()

    await expect(api.handle(request(name, body))).rejects.toMatchObject({ code, statusCode: status })
  })
})
