import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane'
import { onTestFinished } from 'vitest'
import { createApiServer } from '#local/aws-api/index.ts'
import { createIam } from '#local/iam/index.ts'
import { createMeter } from '#local/meter/index.ts'
import { iotDataService } from '../../../../local/iot/data-plane/index.ts'
import { createTestBroker } from '../../broker/test-broker.ts'
import { createWireClient } from '../../broker/wire-client.ts'

export const ARN_PREFIX = 'arn:aws:iot:us-east-1:000000000000'
const ROLE_ARN = 'arn:aws:iam::000000000000:role/Operator'

/** The data plane on the local server with the SDK's own client: of the developer, and of a role with these statements. */
export async function setUp(options: { statements?: object[]; denied?: Set<string> } = {}) {
  const iam = createIam()
  iam.defineRole({
    roleName: 'Operator',
    arn: ROLE_ARN,
    managedPolicyArns: [],
    inlinePolicies: [
      { PolicyName: 'P', PolicyDocument: { Version: '2012-10-17', Statement: options.statements ?? [] } },
    ],
    assumeRolePolicy: { Version: '2012-10-17', Statement: [] },
  })
  const { broker, clock, messages, logged } = createTestBroker({ ...(options.denied && { denied: options.denied }) })
  const { count, read: billed } = createMeter()
  const server = await createApiServer({
    services: { iotdata: iotDataService({ broker: () => broker, arnPrefix: ARN_PREFIX, clock, count }) },
    identify: (accessKeyId, sessionToken) => iam.identify(accessKeyId, sessionToken),
    authorize: (caller, action, resource, context) => iam.authorize(caller, action, resource, context),
    log() {},
  })
  const shared = { endpoint: server.url, region: 'us-east-1', maxAttempts: 1 }
  const data = new IoTDataPlaneClient({ ...shared, credentials: iam.developerCredentials })
  const roleData = new IoTDataPlaneClient({ ...shared, credentials: iam.credentialsFor(ROLE_ARN, 'operator') })
  onTestFinished(async () => {
    data.destroy()
    roleData.destroy()
    await server.close()
    await broker.close()
  })

  /** A connected client. */
  async function connect(
    fields: Parameters<ReturnType<typeof createWireClient>['connect']>[0] = {},
    version: 4 | 5 = 5,
  ) {
    const client = createWireClient(broker, version, {
      remoteAddress: '192.0.2.1',
      remotePort: 40_000,
      localAddress: '127.0.0.1',
      localPort: 8_883,
    })
    await client.connect(fields)
    return client
  }

  const { accessKeyId, sessionToken } = iam.developerCredentials
  return {
    data,
    roleData,
    broker,
    clock,
    messages,
    logged,
    connect,
    url: server.url,
    accessKeyId,
    sessionToken,
    billed,
  }
}
