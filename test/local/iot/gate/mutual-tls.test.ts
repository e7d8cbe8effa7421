import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Certificate } from '../../../../local/iot/registry.ts'
import { issueAuthority, issueCertificate, type KeyedCertificate } from '../../../../local/tls/issue.ts'
import { ARN_PREFIX, answer, createGate, request, statement } from './set-up.ts'

/** The gate of the tests lives at this time. */
const NOW_MS = Date.parse('2026-11-21T12:00:00Z')
const DAY_MS = 24 * 60 * 60 * 1_000

let authority: KeyedCertificate
let otherAuthority: KeyedCertificate
let device: KeyedCertificate
let expired: KeyedCertificate
let future: KeyedCertificate
beforeAll(async () => {
  const life = { nowMs: NOW_MS - 10 * DAY_MS, lifetimeMs: 20 * DAY_MS }
  authority = await issueAuthority({ subject: 'CN=authority', ...life })
  otherAuthority = await issueAuthority({ subject: 'CN=authority', ...life })
  device = await issueCertificate({ authority, subject: 'CN=lamp-1, O=Acme', ...life })
  expired = await issueCertificate({ authority, subject: 'CN=old', ...life, lifetimeMs: DAY_MS })
  future = await issueCertificate({ authority, subject: 'CN=new', nowMs: NOW_MS + DAY_MS, lifetimeMs: DAY_MS })
})

const idOf = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()

/** A gate with an endpoint for certificate and token, on which a device of this certificate connects. */
function createMutual(options: { answer?: object; certificate?: Partial<Certificate>; pem?: string } = {}) {
  const { pem = device.certificate } = options
  const certificateId = idOf(pem)
  const made = createGate({ answer: { ...answer, principalId: certificateId, ...options.answer } })
  const { registry, gate, domain } = made
  registry.domains.set('mutual', { ...domain, name: 'mutual', authenticationType: 'CUSTOM_AUTH_X509' })
  registry.certificates.set(certificateId, {
    certificateId,
    arn: `${ARN_PREFIX}:cert/${certificateId}`,
    pem,
    status: 'ACTIVE',
    createdAtSeconds: 0,
    thingNames: ['lamp-1'],
    policyNames: [],
    ...options.certificate,
  })
  registry.things.set('lamp-1', { thingName: 'lamp-1', attributes: { site: 'roof' } })
  const connect = (shown: string | undefined = pem) =>
    gate.authenticate({
      ...request,
      transport: { ...request.transport, listener: 'mutualTls', ...(shown !== '' && { clientCertificatePem: shown }) },
    })
  return { ...made, connect, certificateId }
}

/** Decides like the broker for the connection that was let in. */
async function decides(made: ReturnType<typeof createMutual>, topic: string): Promise<boolean> {
  const result = await made.connect()
  if (!result.ok) throw new Error(result.reason)
  const client = { clientId: 'lamp-1', principalId: result.principalId }
  return made.gate.authorize({ action: 'publish', name: topic, client, authorization: result.session }).allowed
}

test('the authorizer sees the certificate and the id that is its principal', async () => {
  const { connect, invoked, certificateId } = createMutual()

  expect(await connect()).toMatchObject({ ok: true, principalId: certificateId, thingName: 'lamp-1' })
  expect(invoked[0]?.event).toMatchObject({
    protocols: ['tls', 'mqtt'],
    protocolData: {
      tls: { serverName: 'localhost', x509CertificatePem: device.certificate, principalId: certificateId },
    },
  })
})

describe('the rights are those of the answer', () => {
  test('and may name the thing and the certificate', async () => {
    const variables = 'topic/${iot:Connection.Thing.ThingName}/${iot:Certificate.Subject.CommonName}'
    const made = createMutual({ answer: { policyDocuments: [statement('iot:Publish', variables)] } })

    expect(await decides(made, 'lamp-1/lamp-1')).toBe(true)
    expect(await decides(made, 'lamp-2/lamp-1')).toBe(false)
  })

  test('together with those of the policies attached to the certificate', async () => {
    const made = createMutual({ certificate: { policyNames: ['extra'] } })
    expect(await decides(made, 'extra')).toBe(false)

    made.registry.policies.set('extra', { name: 'extra', arn: '', document: statement('iot:Publish', 'topic/extra') })

    expect(await decides(made, 'extra')).toBe(true)
  })

  test('and may be none, if the authorizer leaves the documents out', async () => {
    const made = createMutual({ answer: { policyDocuments: undefined } })

    expect(await decides(made, 'a')).toBe(false)
  })
})

describe('the authorizer is not asked for', () => {
  test.each<[string, Parameters<typeof createMutual>[0], string]>([
    ['a certificate that is INACTIVE', { certificate: { status: 'INACTIVE' } }, 'is INACTIVE'],
    ['a revoked one', { certificate: { status: 'REVOKED' } }, 'is REVOKED'],
    ['one of an authority that is gone', { certificate: { caCertificateId: 'gone' } }, 'is not active'],
  ])('%s', async (_, options, reason) => {
    const { connect, invoked } = createMutual(options)

    expect(await connect()).toEqual({ ok: false, reason: expect.stringContaining(reason) })
    expect(invoked).toEqual([])
  })

  test('no certificate at all', async () => {
    const { connect, invoked } = createMutual()

    expect(await connect('')).toEqual({ ok: false, reason: 'the client has no certificate' })
    expect(invoked).toEqual([])
  })

  test('one that nobody registered, whoever signed it', async () => {
    const { connect, invoked } = createMutual()

    expect(await connect(expired.certificate)).toMatchObject({ reason: expect.stringContaining('is not registered') })
    expect(invoked).toEqual([])
  })

  test.each([
    ['one that has expired', () => expired, 'has expired'],
    ['one whose time has not come', () => future, 'is not valid yet'],
  ])('%s', async (_, certificate, reason) => {
    const { connect, invoked } = createMutual({ pem: certificate().certificate })

    expect(await connect()).toEqual({ ok: false, reason: expect.stringContaining(reason) })
    expect(invoked).toEqual([])
  })

  test('one that was registered under an authority that did not sign it', async () => {
    const { connect, registry } = createMutual({ certificate: { caCertificateId: 'ca' } })
    const registered = (pem: string) => ({
      certificateId: 'ca',
      arn: '',
      pem,
      status: 'ACTIVE' as const,
      createdAtSeconds: 0,
    })
    registry.authorities.set('ca', registered(otherAuthority.certificate))
    expect(await connect()).toMatchObject({ reason: expect.stringContaining('is not signed by its authority') })

    registry.authorities.set('ca', registered(authority.certificate))

    expect(await connect()).toMatchObject({ ok: true })
  })
})

test('an answer with another principal than the certificate lets nobody in', async () => {
  const { connect } = createMutual({ answer: { principalId: 'abc123' } })

  expect(await connect()).toEqual({
    ok: false,
    reason: "the authorizer's principalId is not the id of the client's certificate",
  })
})

test('on an endpoint for tokens a certificate says nothing', async () => {
  const { gate, invoked } = createMutual()

  await gate.authenticate({ ...request, transport: { ...request.transport, clientCertificatePem: device.certificate } })

  expect(JSON.stringify(invoked)).not.toContain('CERTIFICATE')
})

describe('on an endpoint for certificates alone', () => {
  function createAlone(options: Parameters<typeof createMutual>[0] = {}) {
    const made = createMutual(options)
    made.registry.domains.set('alone', { ...made.domain, name: 'alone', authenticationType: 'AWS_X509' })
    made.registry.policies.set('own', {
      name: 'own',
      arn: '',
      document: statement(
        'iot:Publish',
        'topic/${iot:Connection.Thing.ThingName}/${iot:Connection.Thing.Attributes[site]}',
      ),
    })
    const connect = (clientId = 'lamp-1') =>
      made.gate.authenticate({
        ...request,
        clientId,
        transport: { ...request.transport, listener: 'certificates', clientCertificatePem: device.certificate },
      })
    const publishes = async (topic: string, clientId = 'lamp-1') => {
      const result = await connect(clientId)
      if (!result.ok) throw new Error(result.reason)
      const client = { clientId, principalId: result.principalId }
      return made.gate.authorize({ action: 'publish', name: topic, client, authorization: result.session }).allowed
    }
    return { ...made, connect, publishes }
  }

  test('no authorizer is asked, the certificate is the principal, and nothing ends it', async () => {
    const { connect, invoked, certificateId } = createAlone()

    const result = await connect()

    expect(result).toMatchObject({ ok: true, principalId: certificateId, thingName: 'lamp-1' })
    expect(result).not.toHaveProperty('disconnectAfterSeconds')
    expect(invoked).toEqual([])
  })

  test('the rights are those of the attached policies, for the thing that the certificate is attached to', async () => {
    const attached = createAlone({ certificate: { policyNames: ['own'] } })

    expect(await attached.publishes('lamp-1/roof')).toBe(true)
    expect(await attached.publishes('lamp-2/roof')).toBe(false)
    expect(await attached.publishes('lamp-2/roof', 'lamp-2')).toBe(false)
    expect(await createAlone().publishes('lamp-1/roof')).toBe(false)
  })

  test('a certificate that is not ACTIVE opens nothing', async () => {
    const { connect } = createAlone({ certificate: { status: 'INACTIVE' } })

    expect(await connect()).toMatchObject({ ok: false, reason: expect.stringContaining('is INACTIVE') })
  })
})
