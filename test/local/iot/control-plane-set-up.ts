import type { DatabaseSync } from 'node:sqlite'
import { IoTClient } from '@aws-sdk/client-iot'
import { onTestFinished } from 'vitest'
import { createApiServer } from '#local/aws-api/index.ts'
import { createIam } from '#local/iam/index.ts'
import { type ControlPlane, createIotRegistry, iotControlService } from '#local/iot/index.ts'
import { issueAuthority, issueCertificate, type KeyedCertificate } from '../../../local/tls/issue.ts'

export const ARN_PREFIX = 'arn:aws:iot:us-east-1:000000000000'
export const LIFETIME_MS = 60 * 60 * 1_000

export const newAuthority = (subject = 'CN=test authority') =>
  issueAuthority({ subject, nowMs: Date.now(), lifetimeMs: LIFETIME_MS })

export const newCertificate = (authority: KeyedCertificate, subject = 'CN=device') =>
  issueCertificate({ authority, subject, nowMs: Date.now(), lifetimeMs: LIFETIME_MS })

/** The control plane behind the local API server, called by the SDK's own client. With `db`, what is made there is kept in it. */
export async function openControlPlane(changes: Partial<ControlPlane> = {}, db?: DatabaseSync) {
  const registry = createIotRegistry(db)
  registry.thingTypes.add('lamp')
  const iam = createIam()
  const authority = await newAuthority()
  const server = await createApiServer({
    services: {
      iot: iotControlService({
        registry,
        arnPrefix: ARN_PREFIX,
        issueClientCertificate: () => newCertificate(authority),
        ...changes,
      }),
    },
    identify: (accessKeyId, sessionToken) => iam.identify(accessKeyId, sessionToken),
    authorize: (caller, action, resource, context) => iam.authorize(caller, action, resource, context),
    log() {},
  })
  const iot = new IoTClient({
    endpoint: server.url,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: iam.developerCredentials,
  })
  const close = async () => {
    iot.destroy()
    await server.close()
  }
  onTestFinished(close)
  return { iot, registry, close }
}
