import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createInbox, type Inbox } from '../../e2e/harness/inbox.ts'

const SCRIPT = fileURLToPath(new URL('./manager.py', import.meta.url))
const PYTHON = ['python3', '/usr/bin/python3'].find((one) => spawnSync(one, ['--version']).status === 0)

export const hasPython = PYTHON !== undefined

/** What manager.py tells. */
export interface ManagerEvent {
  event: string
  [field: string]: unknown
}

/** `manager.py` as a process of its own. */
export interface PythonManager extends AsyncDisposable {
  readonly callbackPort: number
  readonly events: Inbox<ManagerEvent>
  told(event: string): ManagerEvent[]
  /** Waits for an event that has these fields, past or to come. */
  until(event: string, fields?: Readonly<Record<string, unknown>>): Promise<ManagerEvent>
  /** Calls one of its methods, and resolves to what it returned. */
  call(name: string, fields?: Readonly<Record<string, unknown>>): Promise<unknown>
  stop(): Promise<void>
}

export async function startPythonManager(options: {
  /** Of the service. */
  url: string
  /** Default: a free one. */
  callbackPort?: number
  enableCallbacks?: boolean
}): Promise<PythonManager> {
  const { url, callbackPort = 0, enableCallbacks = true } = options
  const { hostname, port } = new URL(url)
  const child = spawn(PYTHON ?? 'python3', [SCRIPT], {
    env: {
      PATH: process.env.PATH,
      PETAL_TS_CLIENT_HOST: hostname,
      PETAL_TS_CLIENT_PORT: port,
      PETAL_CALLBACK_PORT: String(callbackPort),
      PETAL_ENABLE_CALLBACKS: String(enableCallbacks),
      PETAL_MQTT_HEALTH_CHECK_INTERVAL: '0.02',
      ORGANIZATION_ID: 'acme',
      DEVICE_ID: 'Instance-1',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const events = createInbox<ManagerEvent>((one) => JSON.stringify(one))
  createInterface({ input: child.stdout }).on('line', (line) => events.push(JSON.parse(line) as ManagerEvent))
  const has = (one: ManagerEvent, event: string, fields: Readonly<Record<string, unknown>>) =>
    one.event === event && Object.entries(fields).every(([name, value]) => one[name] === value)
  const until: PythonManager['until'] = (event, fields = {}) =>
    events.take(`${event} ${JSON.stringify(fields)}`, (one) => has(one, event, fields))
  let calls = 0
  const stop = async () => {
    child.stdin.end()
    child.kill('SIGTERM')
    await exited
  }
  const { port: listening } = await until('listening')
  return {
    callbackPort: Number(listening),
    events,
    told: (event) => events.all.filter((one) => one.event === event),
    until,
    async call(name, fields = {}) {
      calls += 1
      const id = calls
      child.stdin.write(`${JSON.stringify({ ...fields, id, call: name })}\n`)
      return (await until('result', { id })).done
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
