import { createPrivateKey, X509Certificate } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateKeysAndCertificateCommand,
  CreatePolicyCommand,
  CreateThingCommand,
  DeleteCertificateCommand,
  DeletePolicyCommand,
  DeleteThingCommand,
  DescribeCACertificateCommand,
  DescribeCertificateCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  GetPolicyCommand,
  GetRegistrationCodeCommand,
  type IoTClient,
  ListAttachedPoliciesCommand,
  ListCertificatesCommand,
  ListPoliciesCommand,
  ListPrincipalThingsCommand,
  ListThingPrincipalsCommand,
  RegisterCACertificateCommand,
  RegisterCertificateCommand,
  RegisterCertificateWithoutCACommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot'
import { describe, expect, test } from 'vitest'
import { ARN_PREFIX, newAuthority, newCertificate, openControlPlane } from './control-plane-set-up.ts'

const DOCUMENT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: '*' }],
})

const create = (iot: IoTClient, setAsActive = true) => iot.send(new CreateKeysAndCertificateCommand({ setAsActive }))

describe('certificates', () => {
  test('are made with their key, and their id is the SHA-256 of the DER', async () => {
    const { iot } = await openControlPlane()

    const { certificateId, certificateArn, certificatePem = '', keyPair } = await create(iot)

    const certificate = new X509Certificate(certificatePem)
    expect(certificate.checkPrivateKey(createPrivateKey(keyPair?.PrivateKey ?? ''))).toBe(true)
    expect(certificateId).toBe(certificate.fingerprint256.replaceAll(':', '').toLowerCase())
    expect(certificateArn).toBe(`${ARN_PREFIX}:cert/${certificateId}`)
  })

  test('are described, listed, deactivated and only then deleted', async () => {
    const { iot, registry } = await openControlPlane()
    const { certificateId = '' } = await create(iot)
    const status = async () =>
      (await iot.send(new DescribeCertificateCommand({ certificateId }))).certificateDescription?.status

    expect(await status()).toBe('ACTIVE')
    await expect(iot.send(new DeleteCertificateCommand({ certificateId }))).rejects.toMatchObject({
      name: 'CertificateStateException',
    })
    await iot.send(new UpdateCertificateCommand({ certificateId, newStatus: 'INACTIVE' }))
    expect(await status()).toBe('INACTIVE')
    expect((await iot.send(new ListCertificatesCommand({}))).certificates).toMatchObject([{ certificateId }])
    await iot.send(new DeleteCertificateCommand({ certificateId }))
    expect(registry.certificates.size).toBe(0)
  })

  test('are attached to things, which cannot be deleted meanwhile', async () => {
    const { iot } = await openControlPlane()
    const { certificateArn: principal = '' } = await create(iot)
    await iot.send(new CreateThingCommand({ thingName: 'lamp-1' }))
    await iot.send(new AttachThingPrincipalCommand({ thingName: 'lamp-1', principal }))

    expect((await iot.send(new ListThingPrincipalsCommand({ thingName: 'lamp-1' }))).principals).toEqual([principal])
    expect((await iot.send(new ListPrincipalThingsCommand({ principal }))).things).toEqual(['lamp-1'])
    await expect(iot.send(new DeleteThingCommand({ thingName: 'lamp-1' }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
    })
    await iot.send(new DetachThingPrincipalCommand({ thingName: 'lamp-1', principal }))
    await iot.send(new DeleteThingCommand({ thingName: 'lamp-1' }))
    expect((await iot.send(new ListPrincipalThingsCommand({ principal }))).things).toEqual([])
  })

  test('a principal that is no certificate, or none that is known, is refused', async () => {
    const { iot } = await openControlPlane()
    await iot.send(new CreateThingCommand({ thingName: 'lamp-1' }))
    const attach = (principal: string) => iot.send(new AttachThingPrincipalCommand({ thingName: 'lamp-1', principal }))

    await expect(attach('us-east-1:some-identity')).rejects.toMatchObject({ name: 'InvalidRequestException' })
    await expect(attach(`${ARN_PREFIX}:cert/${'0'.repeat(64)}`)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  test('and what they are attached to are kept over restarts', async () => {
    const db = new DatabaseSync(':memory:')
    const first = await openControlPlane({}, db)
    const { certificateId = '', certificateArn: principal = '' } = await create(first.iot, false)
    await first.iot.send(new CreateThingCommand({ thingName: 'lamp-1' }))
    await first.iot.send(new AttachThingPrincipalCommand({ thingName: 'lamp-1', principal }))
    await first.iot.send(new CreatePolicyCommand({ policyName: 'p', policyDocument: DOCUMENT }))
    await first.iot.send(new AttachPolicyCommand({ policyName: 'p', target: principal }))
    await first.close()

    const { registry } = await openControlPlane({}, db)

    expect(registry.certificates.get(certificateId)).toMatchObject({
      status: 'INACTIVE',
      thingNames: ['lamp-1'],
      policyNames: ['p'],
    })
    expect(registry.policies.get('p')).toMatchObject({ document: JSON.parse(DOCUMENT) as unknown })
  })
})

describe('policies', () => {
  test('are made, attached to certificates, and not deleted meanwhile', async () => {
    const { iot } = await openControlPlane()
    const { certificateArn: target = '' } = await create(iot)
    await iot.send(new CreatePolicyCommand({ policyName: 'p', policyDocument: DOCUMENT }))
    await iot.send(new AttachPolicyCommand({ policyName: 'p', target }))
    const attached = async () => (await iot.send(new ListAttachedPoliciesCommand({ target }))).policies

    expect(await attached()).toEqual([{ policyName: 'p', policyArn: `${ARN_PREFIX}:policy/p` }])
    expect((await iot.send(new GetPolicyCommand({ policyName: 'p' }))).policyDocument).toBe(DOCUMENT)
    expect((await iot.send(new ListPoliciesCommand({}))).policies).toMatchObject([{ policyName: 'p' }])
    await expect(iot.send(new DeletePolicyCommand({ policyName: 'p' }))).rejects.toMatchObject({
      name: 'DeleteConflictException',
    })
    await iot.send(new DetachPolicyCommand({ policyName: 'p', target }))
    expect(await attached()).toEqual([])
    await iot.send(new DeletePolicyCommand({ policyName: 'p' }))
    await expect(iot.send(new GetPolicyCommand({ policyName: 'p' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  test.each(['no JSON', '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}'])(
    'the document %s is MalformedPolicyException',
    async (policyDocument) => {
      const { iot } = await openControlPlane()

      await expect(iot.send(new CreatePolicyCommand({ policyName: 'p', policyDocument }))).rejects.toMatchObject({
        name: 'MalformedPolicyException',
      })
    },
  )
})

describe('authorities', () => {
  test('are registered by whoever has their key, and vouch for certificates', async () => {
    const { iot, registry } = await openControlPlane()
    const authority = await newAuthority()
    const { registrationCode } = await iot.send(new GetRegistrationCodeCommand({}))
    const verification = await newCertificate(authority, `CN=${registrationCode}`)
    const { certificate: certificatePem } = await newCertificate(authority)
    const register = () => iot.send(new RegisterCertificateCommand({ certificatePem, status: 'ACTIVE' }))

    await expect(register()).rejects.toMatchObject({ name: 'CertificateValidationException' })
    const { certificateId: caId = '' } = await iot.send(
      new RegisterCACertificateCommand({
        caCertificate: authority.certificate,
        verificationCertificate: verification.certificate,
        setAsActive: true,
      }),
    )
    const { certificateId = '' } = await register()

    expect(registry.certificates.get(certificateId)).toMatchObject({ caCertificateId: caId, status: 'ACTIVE' })
    const described = await iot.send(new DescribeCACertificateCommand({ certificateId: caId }))
    expect(described.certificateDescription).toMatchObject({ status: 'ACTIVE' })
    await expect(register()).rejects.toMatchObject({ name: 'ResourceAlreadyExistsException' })
  })

  test.each([
    ['of another authority', true, undefined],
    ['that names another code', false, 'CN=0000'],
  ])('a verification certificate %s is refused', async (_, isForeign, subject) => {
    const { iot, registry } = await openControlPlane()
    const authority = await newAuthority()
    const { registrationCode } = await iot.send(new GetRegistrationCodeCommand({}))
    const signer = isForeign ? await newAuthority() : authority
    const { certificate: verificationCertificate } = await newCertificate(signer, subject ?? `CN=${registrationCode}`)
    const command = new RegisterCACertificateCommand({ caCertificate: authority.certificate, verificationCertificate })

    await expect(iot.send(command)).rejects.toMatchObject({ name: 'CertificateValidationException' })
    expect(registry.authorities.size).toBe(0)
  })

  test('with SNI_ONLY none has to be shown, but it must be one', async () => {
    const { iot } = await openControlPlane()
    const authority = await newAuthority()
    const device = await newCertificate(authority)
    const register = (caCertificate: string) =>
      iot.send(new RegisterCACertificateCommand({ caCertificate, certificateMode: 'SNI_ONLY' }))

    await expect(register(authority.certificate)).resolves.toMatchObject({ certificateId: expect.any(String) })
    await expect(register(device.certificate)).rejects.toMatchObject({ name: 'CertificateValidationException' })
    await expect(register('no PEM')).rejects.toMatchObject({ name: 'CertificateValidationException' })
  })

  test('are not needed for a certificate that is registered without one', async () => {
    const { iot, registry } = await openControlPlane()
    const { certificate: certificatePem } = await newCertificate(await newAuthority())

    const { certificateId = '' } = await iot.send(
      new RegisterCertificateWithoutCACommand({ certificatePem, status: 'INACTIVE' }),
    )

    expect(registry.certificates.get(certificateId)).toMatchObject({ status: 'INACTIVE' })
  })
})
