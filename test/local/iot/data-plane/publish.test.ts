import { request as httpRequest } from 'node:http'
import { PublishCommand, type PublishCommandInput } from '@aws-sdk/client-iot-data-plane'
import { describe, expect, test } from 'vitest'
import { ARN_PREFIX, setUp } from './set-up.ts'

describe('Publish', () => {
  test('publishes with every MQTT 5 property that the SDK sends', async () => {
    const { data, messages: published } = await setUp()

    await data.send(
      new PublishCommand({
        topic: 'a/b c/ü',
        payload: new TextEncoder().encode('{"n":1}'),
        qos: 1,
        retain: true,
        responseTopic: 'a/reply',
        contentType: 'application/json',
        correlationData: Buffer.from('c-1').toString('base64'),
        payloadFormatIndicator: 'UTF8_DATA',
        messageExpiry: 60,
        userProperties: JSON.stringify([
          { more: '2' },
          { constructor: '1' },
          JSON.parse('{"__proto__":"0"}'),
          { more: '3' },
        ]),
      }),
    )

    expect(published).toEqual([
      expect.objectContaining({
        topic: 'a/b c/ü',
        payload: Buffer.from('{"n":1}'),
        qos: 1,
        retain: true,
        clientId: 'n/a',
        principalId: 'arn:aws:iam::000000000000:user/developer',
        properties: {
          responseTopic: 'a/reply',
          contentType: 'application/json',
          correlationData: Buffer.from('c-1'),
          payloadFormatIndicator: true,
          messageExpiryInterval: 60,
          userProperties: [
            ['more', '2'],
            ['constructor', '1'],
            ['__proto__', '0'],
            ['more', '3'],
          ],
        },
      }),
    ])
  })

  test('publishes an empty payload with QoS 0 by default', async () => {
    const { data, messages: published } = await setUp()

    await data.send(new PublishCommand({ topic: 'a/b' }))

    expect(published).toEqual([expect.objectContaining({ topic: 'a/b', qos: 0, retain: false, properties: {} })])
    expect(published[0]?.payload).toHaveLength(0)
  })

  test('a role publishes where its policy says, and retains only with a grant for that', async () => {
    const { roleData, messages: published } = await setUp({
      statements: [{ Effect: 'Allow', Action: 'iot:Publish', Resource: `${ARN_PREFIX}:topic/allowed/*` }],
    })

    await roleData.send(new PublishCommand({ topic: 'allowed/a', qos: 1 }))

    expect(published.map(({ topic }) => topic)).toEqual(['allowed/a'])
    await expect(roleData.send(new PublishCommand({ topic: 'other/a' }))).rejects.toMatchObject({
      name: 'ForbiddenException',
      message: expect.stringContaining(`iot:Publish on resource: ${ARN_PREFIX}:topic/other/a`),
    })
    await expect(roleData.send(new PublishCommand({ topic: 'allowed/a', retain: true }))).rejects.toMatchObject({
      name: 'ForbiddenException',
      message: expect.stringContaining('iot:RetainPublish'),
    })
    expect(published).toHaveLength(1)
  })

  test.each<[string, PublishCommandInput, string]>([
    ['a wildcard in the topic', { topic: 'a/#' }, 'InvalidRequestException'],
    ['eight slashes', { topic: '1/2/3/4/5/6/7/8/9' }, 'InvalidRequestException'],
    ['QoS 2', { topic: 'a/b', qos: 2 }, 'InvalidRequestException'],
    [
      'a payload over 128 KB',
      { topic: 'a/b', payload: Buffer.alloc(128 * 1024 + 1) },
      'RequestEntityTooLargeException',
    ],
  ])('refuses %s', async (_, input, name) => {
    const { data, messages: published } = await setUp()

    const publishing = data.send(new PublishCommand(input))

    await expect(publishing).rejects.toMatchObject({ name })
    expect(published).toEqual([])
  })

  test.each([
    ['a topic that is no UTF-8', '/topics/%E0%A4%A', {}],
    ['user properties that are no JSON', '/topics/a', { 'x-amz-mqtt5-user-properties': 'bm90IGpzb24=' }],
    [
      'user properties that are no list of texts',
      '/topics/a',
      { 'x-amz-mqtt5-user-properties': Buffer.from('[{"a":{"b":1}}]').toString('base64') },
    ],
    ['an expiry that is no number', '/topics/a?messageExpiry=soon', {}],
    ['a QoS that is no number', '/topics/a?qos=high', {}],
    ['a retain that is neither true nor false', '/topics/a?retain=yes', {}],
    ['another format indicator', '/topics/a', { 'x-amz-mqtt5-payload-format-indicator': 'TEXT' }],
  ])('refuses %s as the fault of its sender', async (_, path, headers) => {
    const { url, accessKeyId, sessionToken, messages: published } = await setUp()

    const { status, type } = await post(url, path, { accessKeyId, sessionToken, headers })

    expect({ status, type }).toEqual({ status: 400, type: 'InvalidRequestException' })
    expect(published).toEqual([])
  })

  test('answers with message and trace id', async () => {
    const { url, accessKeyId, sessionToken } = await setUp()

    const { status, body } = await post(url, '/topics/a', { accessKeyId, sessionToken, headers: {} })

    expect({ status, body: JSON.parse(body) }).toEqual({
      status: 200,
      body: { message: 'OK', traceId: expect.stringMatching(/^[\da-f-]{36}$/) },
    })
  })

  test('takes no other method', async () => {
    const { url, accessKeyId, sessionToken } = await setUp()

    const { status, type } = await post(url, '/topics/a', { accessKeyId, sessionToken, headers: {}, method: 'PUT' })

    expect({ status, type }).toEqual({ status: 405, type: 'MethodNotAllowedException' })
  })
})

/** What no SDK would send. */
function post(
  url: string,
  path: string,
  options: { accessKeyId: string; sessionToken: string; headers: Record<string, string>; method?: string },
): Promise<{ status: number | undefined; type: unknown; body: string }> {
  const { accessKeyId, sessionToken, headers, method = 'POST' } = options
  const scope = `${accessKeyId}/20261121/us-east-1/iotdata/aws4_request`
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${url}${path}`,
      {
        method,
        headers: {
          ...headers,
          authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
          'x-amz-security-token': sessionToken,
        },
      },
      (response) => {
        const { statusCode: status, headers } = response
        let body = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk
        })
        response.on('end', () => resolve({ status, type: headers['x-amzn-errortype'], body }))
      },
    )
    request.on('error', reject)
    request.end('{}')
  })
}
