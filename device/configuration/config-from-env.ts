import { existsSync } from 'node:fs'
import type { ConnectOptions } from '../api/options.ts'
import { type DeviceError, deviceError } from '../errors/index.ts'
import { deviceTokenSource } from '../token/device-token-source.ts'
import type { AnyContract } from '../topics/types.ts'
import { type Problem, readVariables } from './variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What `configFromEnv` reads; more options can be put over it. */
export type EnvironmentOptions = Pick<
  ConnectOptions,
  | 'url'
  | 'clientId'
  | 'token'
  | 'permissions'
  | 'ca'
  | 'cert'
  | 'key'
  | 'keepAliveSeconds'
  | 'maxPacketBytes'
  | 'timeouts'
> &
  Partial<Pick<ConnectOptions<AnyContract>, 'organizationId' | 'deviceId' | 'customAuthorizerName'>>

/**
 * Reads the options of a device from environment variables: broker, certificates, device key, client id, limits and permissions, with their
 * defaults. MQTT_JWT_SECRET is the device key of this device, from which it issues its tokens itself. See docs/DEVICE.md for the table.
 *
 * Throws environment_invalid with all problems at once; `details.problems` lists them with the variable's name, and without its value.
 */
export function configFromEnv(environment: Environment = process.env): EnvironmentOptions {
  const { values, problems } = readVariables(environment)
  const { certFile, keyFile, caFile } = values
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const variable = certFile === undefined ? 'MQTT_TLS_CLIENT_CERT' : 'MQTT_TLS_CLIENT_KEY'
    problems.push({ variable, problem: 'certificate and key belong together' })
  }
  checkFile('MQTT_TLS_CA_CERT', caFile)
  checkFile('MQTT_TLS_CLIENT_CERT', certFile)
  checkFile('MQTT_TLS_CLIENT_KEY', keyFile)
  if (problems.length > 0) throw environmentError(problems)
  const {
    url,
    clientId,
    deviceKey,
    permissions,
    lifetimeSeconds,
    keepAliveSeconds,
    maxPacketBytes,
    connectTimeoutSeconds,
  } = values
  return {
    url,
    clientId,
    token: deviceTokenSource({ clientId, deviceKey, permissions, lifetimeSeconds }),
    permissions,
    ca: caFile,
    ...(certFile !== undefined && { cert: certFile }),
    ...(keyFile !== undefined && { key: keyFile }),
    keepAliveSeconds,
    maxPacketBytes,
    timeouts: { connectMs: connectTimeoutSeconds * 1_000 },
    ...(values.organizationId !== undefined && { organizationId: values.organizationId }),
    ...(values.deviceId !== undefined && { deviceId: values.deviceId }),
    ...(values.customAuthorizerName !== undefined && { customAuthorizerName: values.customAuthorizerName }),
  }

  function checkFile(variable: string, file: string | undefined): void {
    if (file !== undefined && !existsSync(file)) problems.push({ variable, problem: `there is no file ${file}` })
  }
}

function environmentError(problems: readonly Problem[]): DeviceError {
  const problem = problems.map(({ variable, problem }) => `${variable}: ${problem}`).join('; ')
  return deviceError('environment_invalid', { problem, problems })
}
