import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { deviceMasterSchema } from '#contract/index.ts'
import { deviceKeyText } from '#keys/index.ts'
import { PROJECT_FOLDER } from '../e2e/harness/assembly.ts'
import { createInbox, type Inbox } from '../e2e/harness/inbox.ts'
import { awsOptions, type Bridge, NAMES } from '../e2e/harness/index.ts'

/** An example in a process of its own. */
export interface RunningExample extends AsyncDisposable {
  /** Lines of standard output and of standard error. */
  readonly out: Inbox<string>
  readonly err: Inbox<string>
  readonly exitCode: Promise<number | null>
  stop(signal: NodeJS.Signals): void
}

export function runExample(file: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: PROJECT_FOLDER,
    env: { PATH: process.env.PATH, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines = (stream: NodeJS.ReadableStream) => {
    const inbox = createInbox<string>((line) => line)
    createInterface({ input: stream }).on('line', inbox.push)
    return inbox
  }
  const exitCode = once(child, 'close').then(([code]) => code as number | null)
  const example: RunningExample = {
    out: lines(child.stdout),
    err: lines(child.stderr),
    exitCode,
    stop: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exitCode
    },
  }
  return example
}

/** The environment of a device with its own key, as `npx bridge device key` prints it. */
export async function deviceEnvironment({ runtime }: Bridge, clientId: string, url = runtime.mqttUrl) {
  const client = new SecretsManagerClient(awsOptions(runtime))
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: NAMES.deviceMasterSecret }))
  client.destroy()
  const { secret } = deviceMasterSchema.parse(JSON.parse(SecretString ?? 'null'))
  return {
    MQTT_BROKER_URL: url,
    MQTT_TLS_CA_CERT: runtime.caFile,
    MQTT_CLIENT_ID: clientId,
    MQTT_JWT_SECRET: deviceKeyText(secret, clientId, 1),
  }
}
