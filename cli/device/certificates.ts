import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateKeysAndCertificateCommand,
  DescribeCertificateCommand,
  GetPolicyCommand,
  type IoTClient,
  paginateListThingPrincipals,
  ResourceNotFoundException,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot'
import { CommandError } from '../command-error.ts'

export interface IssuedCertificate {
  certificateId: string
  certificatePem: string
  privateKeyPem: string
}

/** Client certificates of devices. */
export interface Certificates {
  /** Makes a key pair and an active certificate. The private key is shown this once. */
  issue(): Promise<IssuedCertificate>
  /** Makes the certificate the thing's. */
  attach(certificateId: string, thingName: string): Promise<void>
  /** Gives the certificate the role's policies, for a device that has no token. Throws role_policy_unknown. */
  grantRole(certificateId: string, role: string): Promise<number>
  /** Of a thing, with their status. */
  of(thingName: string): Promise<{ certificateId: string; status: string }[]>
  /** Undefined when the service does not know it. */
  status(certificateId: string): Promise<string | undefined>
  deactivate(certificateId: string): Promise<void>
}

export function createCertificates(
  client: IoTClient,
  names: { rolePolicy: (role: string, number: number) => string },
): Certificates {
  const describe = async (certificateId: string) => {
    const { certificateDescription } = await client.send(new DescribeCertificateCommand({ certificateId }))
    return certificateDescription
  }

  async function arnOf(certificateId: string): Promise<string> {
    const arn = (await describe(certificateId))?.certificateArn
    if (arn !== undefined) return arn
    throw new CommandError('failed', 'certificate_unknown', `the service gave no ARN for certificate ${certificateId}`)
  }

  return {
    async issue() {
      const made = await client.send(new CreateKeysAndCertificateCommand({ setAsActive: true }))
      const { certificateId, certificatePem, keyPair } = made
      if (certificateId === undefined || certificatePem === undefined || keyPair?.PrivateKey === undefined) {
        throw new CommandError('failed', 'certificate_failed', 'the service made a certificate without id, text or key')
      }
      return { certificateId, certificatePem, privateKeyPem: keyPair.PrivateKey }
    },
    async attach(certificateId, thingName) {
      const principal = await arnOf(certificateId)
      await client.send(new AttachThingPrincipalCommand({ thingName, principal }))
    },
    async grantRole(certificateId, role) {
      const target = await arnOf(certificateId)
      for (let number = 1; ; number += 1) {
        const policyName = names.rolePolicy(role, number)
        if (!(await exists(policyName))) {
          if (number > 1) return number - 1
          throw new CommandError('failed', 'role_policy_unknown', `the deployment has no policy ${policyName}`)
        }
        await client.send(new AttachPolicyCommand({ policyName, target }))
      }
    },
    async of(thingName) {
      const ids: string[] = []
      for await (const { principals = [] } of paginateListThingPrincipals({ client }, { thingName })) {
        ids.push(...principals.flatMap((arn) => /:cert\/(\w+)$/.exec(arn)?.[1] ?? []))
      }
      return Promise.all(
        ids.sort().map(async (certificateId) => ({
          certificateId,
          status: (await describe(certificateId))?.status ?? 'unknown',
        })),
      )
    },
    async status(certificateId) {
      return describe(certificateId).then(
        (description) => description?.status,
        (error: unknown) => {
          if (error instanceof ResourceNotFoundException) return undefined
          throw error
        },
      )
    },
    async deactivate(certificateId) {
      await client.send(new UpdateCertificateCommand({ certificateId, newStatus: 'INACTIVE' }))
    },
  }

  async function exists(policyName: string): Promise<boolean> {
    return client.send(new GetPolicyCommand({ policyName })).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ResourceNotFoundException) return false
        throw error
      },
    )
  }
}
