import { readFileSync } from 'node:fs'
import type { StartedBridge } from './bridge.ts'
import { runShell } from './shell.ts'

/** What a stock client needs to connect as a device of the fleet. */
export interface Credentials {
  clientId: string
  token: string
  ca: string
  port: number
}

/** Credentials with a fresh token, as `bridge token` prints it. */
export async function credentialsFor(bridge: StartedBridge, clientId: string): Promise<Credentials> {
  const script = `'${process.execPath}' bin/bridge.ts token --state '${bridge.stateFolder}' --client-id '${clientId}'`
  const { exitCode, stdout, stderr } = await runShell(script).result
  if (exitCode !== 0) throw new Error(`no token for ${clientId}: ${stderr}`)
  return { clientId, token: stdout.trim(), ca: readFileSync(bridge.caFile, 'utf8'), port: Number(bridge.port) }
}

/** A request that conscience answers, with a message id of its own. */
export function evaluation(): { messageId: string; text: string } {
  const messageId = crypto.randomUUID()
  const payload = { action: 'Delete user data', context: 'User requested account deletion' }
  const envelope = {
    message_id: messageId,
    timestamp: new Date().toISOString(),
    topic: 'jamey/conscience/evaluate',
    payload,
    metadata: { reply_to: 'jamey/responses/jamey-instance-1' },
  }
  return { messageId, text: JSON.stringify(envelope) }
}
