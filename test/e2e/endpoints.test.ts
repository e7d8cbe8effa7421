import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateKeysAndCertificateCommand,
  IoTClient,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot'
import { GetConnectionCommand, IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  awsOptions,
  type Bridge,
  billedSince,
  connectDevice,
  patchedAssembly,
  readTemplate,
  startBridge,
  type Template,
} from './harness/index.ts'

const EVALUATE = { action: 'Delete user data', context: 'User requested account deletion' }
const signing = generateKeyPairSync('rsa', { modulusLength: 2_048 })

/** What the settings mutualTls, httpsPublish and certificateOnly add to the template. */
function withAllEndpoints({ Resources }: Template): void {
  const [wss] = ofType({ Resources }, 'AWS::IoT::DomainConfiguration').filter(
    ({ Properties }) => Properties.ApplicationProtocol === 'MQTT_WSS',
  )
  if (!wss) throw new Error('the template has no endpoint for WebSockets')
  const like = (name: string, change: object) => ({
    ...wss,
    Properties: { ...wss.Properties, ...change, DomainConfigurationName: name },
  })
  Resources.MutualTls = like('mutual', { AuthenticationType: 'CUSTOM_AUTH_X509', ApplicationProtocol: 'SECURE_MQTT' })
  const { AuthorizerConfig: _, ...bare } = wss.Properties
  Resources.Certificates = {
    ...wss,
    Properties: {
      ...bare,
      AuthenticationType: 'AWS_X509',
      ApplicationProtocol: 'SECURE_MQTT',
      DomainConfigurationName: 'certificates',
    },
  }
  Resources.Https = like('https', { ApplicationProtocol: 'HTTPS' })
}

/** What the setting tokenSigningKeysFile makes of it. */
function withSigning(template: Template): void {
  for (const { Properties } of ofType(template, 'AWS::IoT::Authorizer')) {
    const pem = signing.publicKey.export({ type: 'spki', format: 'pem' })
    Object.assign(Properties, { SigningDisabled: false, TokenKeyName: 'token', TokenSigningPublicKeys: { key: pem } })
  }
}

function ofType({ Resources }: Pick<Template, 'Resources'>, type: string) {
  return Object.values(Resources).filter(({ Type }) => Type === type)
}

let assembly: Awaited<ReturnType<typeof patchedAssembly>>
let bridge: Bridge
beforeAll(async () => {
  assembly = await patchedAssembly(withAllEndpoints)
  bridge = await startBridge({ assemblyFolder: assembly.folder })
})
afterAll(async () => {
  await bridge?.[Symbol.asyncDispose]()
  assembly?.[Symbol.dispose]()
})

const invocations = () => bridge.runtime.functionStats()['mqtt-cloud-bridge-dev-authorizer']?.invocations ?? 0

test('every kind has a URL of its own', () => {
  const { endpoints, mqttUrl, closedEndpoints } = bridge.runtime

  expect(endpoints).toEqual({
    mqtt: mqttUrl,
    wss: expect.stringMatching(/^wss:\/\/localhost:\d+\/mqtt$/),
    mutualTls: expect.stringMatching(/^mqtts:\/\/localhost:\d+$/),
    https: expect.stringMatching(/^https:\/\/localhost:\d+$/),
    certificates: expect.stringMatching(/^mqtts:\/\/localhost:\d+$/),
  })
  expect(closedEndpoints).toEqual([])
})

test('a request over a WebSocket is answered', async () => {
  const { endpoints, caFile } = bridge.runtime
  const password = bridge.token('jamey-instance-1')
  await using device = await connectDevice(endpoints.wss ?? '', caFile, { clientId: 'jamey-instance-1', password })

  const { envelope } = await device.request('jamey/conscience/evaluate', EVALUATE, {
    reply_to: 'jamey/responses/jamey-instance-1',
  })

  expect(envelope).toMatchObject({ metadata: { status: 'ok' }, payload: { action: EVALUATE.action } })
})

test('a host name that is none of ours reaches no authorizer', async () => {
  const before = invocations()

  const connecting = bridge.connect({ mqtt: { servername: 'evil.example', rejectUnauthorized: false } })

  await expect(connecting).rejects.toMatchObject({ code: 0x87 })
  expect(invocations()).toBe(before)
})

describe('token and certificate', () => {
  let iot: IoTClient
  let certificate: { id: string; cert: string; key: string }
  beforeAll(async () => {
    iot = new IoTClient(awsOptions(bridge.runtime))
    certificate = await newCertificate()
    await bridge.register({ client_id: 'lamp-1', certificate_ids: [certificate.id] })
    await bridge.register({ client_id: 'lamp-2', certificate_ids: [(await newCertificate()).id] })
  })
  afterAll(() => iot?.destroy())

  async function newCertificate() {
    const {
      certificateId = '',
      certificatePem = '',
      keyPair,
    } = await iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true }))
    return { id: certificateId, cert: certificatePem, key: keyPair?.PrivateKey ?? '' }
  }

  const connect = (
    url: string | undefined,
    clientId: string,
    password: string,
    shown?: { cert: string; key: string },
  ) =>
    connectDevice(url ?? '', bridge.runtime.caFile, {
      clientId,
      password,
      subscribe: [],
      mqtt: { ...(shown && { cert: shown.cert, key: shown.key }) },
    })

  test('together open the endpoint for both, with the rights of the token alone', async () => {
    const { endpoints } = bridge.runtime
    const token = bridge.token('lamp-1', { permissions: ['jamey/events/#'] })

    await using device = await connect(endpoints.mutualTls, 'lamp-1', token, certificate)

    await device.publish('jamey/events/heartbeat', '{}')
    await expect(device.publish('jamey/memory/store', '{}')).rejects.toMatchObject({ code: 0x87 })
    const data = new IoTDataPlaneClient(awsOptions(bridge.runtime))
    await expect(data.send(new GetConnectionCommand({ clientId: 'lamp-1' }))).resolves.toMatchObject({
      connected: true,
    })
    data.destroy()
  })

  test('of different devices open nothing', async () => {
    const connecting = connect(bridge.runtime.endpoints.mutualTls, 'lamp-2', bridge.token('lamp-2'), certificate)

    await expect(connecting).rejects.toMatchObject({ code: 0x87 })
    const refusal = await bridge.log.functions.take('refusal', ({ client_id }) => client_id === 'lamp-2')
    expect(refusal).toMatchObject({ code: 'certificate_foreign' })
  })

  test.each(['mutualTls', 'mqtt', 'wss'] as const)(
    'a certificate without a token opens nothing at %s',
    async (kind) => {
      const connecting = connect(bridge.runtime.endpoints[kind], 'lamp-1', '', certificate)

      await expect(connecting).rejects.toMatchObject({ code: 0x87 })
    },
  )

  test('a token without a certificate opens nothing at the endpoint for both', async () => {
    const before = invocations()

    const connecting = connect(bridge.runtime.endpoints.mutualTls, 'lamp-1', bridge.token('lamp-1'))

    await expect(connecting).rejects.toThrow()
    expect(invocations()).toBe(before)
  })

  test('a certificate alone has the policies of its role, at the endpoint for that', async () => {
    const { id, ...files } = await newCertificate()
    const principal = `arn:aws:iot:us-east-1:000000000000:cert/${id}`
    await iot.send(new AttachThingPrincipalCommand({ thingName: 'jamey-instance-1', principal }))
    const policies = ofType(readTemplate(assembly.folder), 'AWS::IoT::Policy').map(({ Properties }) => Properties)
    for (const { PolicyName } of policies.filter((one) => one.PolicyName.includes('-agent-'))) {
      await iot.send(new AttachPolicyCommand({ policyName: PolicyName, target: principal }))
    }
    const before = invocations()

    await using device = await connectDevice(bridge.runtime.endpoints.certificates ?? '', bridge.runtime.caFile, {
      clientId: 'jamey-instance-1',
      password: '',
      mqtt: files,
    })
    const { envelope } = await device.request('jamey/conscience/evaluate', EVALUATE, {
      reply_to: 'jamey/responses/jamey-instance-1',
    })

    expect(envelope).toMatchObject({ metadata: { status: 'ok' } })
    await expect(device.publish('jamey/memory/updates', '{}')).rejects.toMatchObject({ code: 0x87 })
    expect(invocations()).toBe(before)
  })

  test('a certificate that was deactivated opens nothing', async () => {
    const stolen = await newCertificate()
    await bridge.register({ client_id: 'lamp-3', certificate_ids: [stolen.id] })
    const attempt = () => connect(bridge.runtime.endpoints.mutualTls, 'lamp-3', bridge.token('lamp-3'), stolen)
    await (await attempt())[Symbol.asyncDispose]()

    await iot.send(new UpdateCertificateCommand({ certificateId: stolen.id, newStatus: 'INACTIVE' }))

    await expect(attempt()).rejects.toThrow()
  })
})

describe('publishing by HTTPS', () => {
  const trace = expect.stringMatching(/^[\da-f-]{36}$/)

  test('reaches subscribers, as nobody', async () => {
    await using observer = await bridge.connect({ clientId: 'observer-1', subscribe: ['jamey/events/status'] })
    const authorization = `Bearer ${bridge.token('jamey-instance-1')}`
    const before = invocations()
    const used = billedSince(bridge.runtime)

    const first = await post('/topics/jamey%2Fevents%2Fstatus?qos=1', { authorization }, '{"status":"ok"}')
    await post('/topics/jamey%2Fevents%2Fstatus?qos=1', { authorization }, '{"status":"ok"}')

    expect(first).toEqual({ status: 200, body: { message: 'OK', traceId: trace } })
    expect((await observer.messages.take('event', () => true)).text).toBe('{"status":"ok"}')
    expect(invocations()).toBe(before + 2)
    expect(used()['iot.messages']).toMatchObject({ 'HTTP request': 2, 'HTTP response': 2 })
  })

  test.each([
    ['a request', '/topics/jamey%2Fconscience%2Fevaluate', true],
    ['a topic of nobody', '/topics/other', true],
    ['no token', '/topics/jamey%2Fevents%2Fstatus', false],
  ])('is forbidden for %s, with no reason told', async (_, path, hasToken) => {
    const headers = hasToken ? { authorization: `Bearer ${bridge.token('jamey-instance-1')}` } : {}

    expect(await post(path, headers, '{}')).toEqual({ status: 403, body: { message: 'Forbidden', traceId: trace } })
  })

  test.each([
    ['another path', '/things/a/shadow', '{}', 404],
    ['a topic that is no UTF-8', '/topics/%E0%A4%A', '{}', 400],
    ['a payload over 128 KB', '/topics/jamey%2Fevents%2Fstatus', 'x'.repeat(128 * 1024 + 1), 413],
  ])('refuses %s', async (_, path, body, status) => {
    const authorization = `Bearer ${bridge.token('jamey-instance-1')}`

    expect(await post(path, { authorization }, body)).toMatchObject({ status })
  })
})

function post(
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<{ status?: number; body: unknown }> {
  const { hostname, port } = new URL(bridge.runtime.endpoints.https ?? '')
  const ca = readFileSync(bridge.runtime.caFile)
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ hostname, port, path, method: 'POST', ca, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
    })
    request.on('error', reject).end(body)
  })
}

test('with signing at the gateway a token opens only with a signature, and a bad one costs no invocation', async () => {
  using patched = await patchedAssembly(withSigning)
  await using signed = await startBridge({ assemblyFolder: patched.folder })
  const started = () => signed.runtime.functionStats()['mqtt-cloud-bridge-dev-authorizer']?.invocations ?? 0
  const clientId = 'jamey-instance-1'
  const token = signed.token(clientId)
  const username = (signature: string) =>
    `?token=${encodeURIComponent(token)}&x-amz-customauthorizer-signature=${encodeURIComponent(signature)}`
  const connect = (name: string) => signed.connect({ mqtt: { username: name }, password: 'unused' })
  const signature = sign('RSA-SHA256', Buffer.from(token), signing.privateKey).toString('base64')

  await (await connect(username(signature)))[Symbol.asyncDispose]()
  const afterGood = started()
  for (const bad of [username(`${signature.slice(0, -8)}AAAAAA==`), clientId]) {
    await expect(connect(bad)).rejects.toMatchObject({ code: 0x87 })
  }

  expect(afterGood).toBe(1)
  expect(started()).toBe(afterGood)
})
