import type { Route } from '../aws-api/index.ts'
import type { LogLine } from '../lambda/index.ts'

/** `degraded`: works, but somebody should look; `down`: what needs it fails. */
export type PartState = 'ok' | 'degraded' | 'down'

export interface PartHealth {
  readonly part: string
  readonly state: PartState
  /** What it does now, or what is wrong with it. */
  readonly reason: string
}

/** An error that a function logged. Names and codes alone: a text might quote what somebody sent. */
export interface LoggedError {
  readonly at: string
  readonly function: string
  readonly event: string
  readonly code: string | null
}

export interface HealthReport {
  /** That of the worst part; `starting` until all parts are there. */
  readonly status: PartState | 'starting'
  readonly started_at: string
  readonly node: string
  readonly parts: readonly PartHealth[]
  /** The latest first. */
  readonly last_errors: readonly LoggedError[]
}

export type Probe = () => Omit<PartHealth, 'part'> | Promise<Omit<PartHealth, 'part'>>

export interface Health {
  /** From now on these are the parts. */
  watch(probes: Readonly<Record<string, Probe>>): void
  onLogLine(line: Pick<LogLine, 'functionName' | 'text'>): void
  report(): Promise<HealthReport>
}

const KEPT_ERRORS = 20
const NAME = /^\w{1,80}$/

/** The state of the runtime's parts. A probe that throws is a part that is down. */
export function createHealth({ nowMs }: { nowMs(): number }): Health {
  const startedAt = new Date(nowMs()).toISOString()
  let parts: Readonly<Record<string, Probe>> = {}
  const errors: LoggedError[] = []

  async function look([part, probe]: [string, Probe]): Promise<PartHealth> {
    try {
      return { part, ...(await probe()) }
    } catch (error) {
      return { part, state: 'down', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  return {
    watch(probes) {
      parts = probes
    },
    onLogLine({ functionName, text }) {
      const line = errorLine(text)
      if (!line) return
      errors.unshift({ at: new Date(nowMs()).toISOString(), function: functionName, ...line })
      errors.length = Math.min(errors.length, KEPT_ERRORS)
    },
    async report() {
      const looked = await Promise.all(Object.entries(parts).map(look))
      const worst = (['down', 'degraded'] as const).find((state) => looked.some((one) => one.state === state)) ?? 'ok'
      return {
        status: looked.length === 0 ? 'starting' : worst,
        started_at: startedAt,
        node: process.versions.node,
        parts: looked,
        last_errors: [...errors],
      }
    },
  }
}

function errorLine(text: string): Pick<LoggedError, 'event' | 'code'> | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const { level, message, code } = JSON.parse(text) as Record<string, unknown>
    if (level !== 'ERROR') return undefined
    return { event: nameOf(message) ?? 'error', code: nameOf(code) ?? null }
  } catch {
    return undefined
  }
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && NAME.test(value) ? value : undefined
}

/** `GET /health`: the report; 503 while it starts and when a part is down. */
export function healthRoute(health: Pick<Health, 'report'>): Route {
  return {
    method: 'GET',
    pathPrefix: '/health',
    async handle() {
      const report = await health.report()
      return {
        status: report.status === 'down' || report.status === 'starting' ? 503 : 200,
        headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
        body: JSON.stringify(report),
      }
    },
  }
}
