// Evaluations a second of compiled statements, on one core: `node bench/local/iot-sql.ts [--json]`.
import { compileRule, type RuleMessage } from '#local/iot-sql/index.ts'
import { describeMachine, machineText } from '../machine.ts'
import { percentile, renderTable, tell } from '../report.ts'

const ROUNDS = 7
const EVALUATIONS = 50_000
const MESSAGES = 100
const COMPILATIONS = 1000
/** Of the issue that asked for the engine: plain statements a second on one core. */
const TARGET = 100_000

const READING = (index: number) => ({
  device: { id: `lamp-${index}`, floor: index % 7 },
  temperature: 15 + (index % 20) + 0.5,
  humidity: 40 + (index % 30),
  status: index % 2 === 0 ? 'OK' : 'WARN',
  readings: Array.from({ length: 10 }, (_, sensor) => ({ n: `s${sensor}`, v: sensor * index, u: 'Cel' })),
})
const messages = Array.from(
  { length: MESSAGES },
  (_, index): RuleMessage => ({
    topic: `site/${index}/reading`,
    clientId: `lamp-${index}`,
    timestampMs: 1_700_000_000_000 + index,
    payload: Buffer.from(JSON.stringify(READING(index))),
  }),
)
const payloadBytes = Math.round(messages.reduce((sum, { payload }) => sum + payload.length, 0) / MESSAGES)

const STATEMENTS: Readonly<Record<string, string>> = {
  'plain projection': "SELECT device.id AS id, temperature, status FROM 'site/+/reading'",
  'the rules of this project': `SELECT encode(*, 'base64') AS payload, topic() AS topic, clientid() AS client_id, timestamp() AS received_at_ms,
    get_mqtt_property('response_topic') AS response_topic FROM 'site/+/reading' WHERE clientid() <> 'n/a'`,
  'WHERE with functions': `SELECT *, topic(2) AS site FROM 'site/+/reading'
    WHERE startswith(device.id, 'lamp') AND lower(status) = 'ok' AND round(temperature * 9 / 5 + 32) > 60`,
  'nested SELECT': "SELECT device.id AS id, (SELECT n, v FROM readings WHERE v > 100) AS high FROM 'site/+/reading'",
  'exact decimals': "SELECT temperature * 1.8 + 32 AS fahrenheit, humidity / 3.7 AS h FROM 'site/+/reading'",
}

const results = Object.entries(STATEMENTS).map(([name, sql]) => {
  tell(name)
  const rule = compileRule({ sql, version: '2016-03-23', ruleName: 'bench' })
  const rates = Array.from({ length: ROUNDS }, () => rateOf(EVALUATIONS, (index) => isDecided(rule, index)))
  return { name, perSecond: Math.round(percentile(rates, 0.5)), slowestPerSecond: Math.round(Math.min(...rates)) }
})
tell('compilation')
const statements = Object.values(STATEMENTS)
const compilation = rateOf(COMPILATIONS, (index) => {
  const sql = statements[index % statements.length] ?? ''
  return compileRule({ sql, version: '2016-03-23', ruleName: 'bench' }).topicFilter !== undefined
})

const machine = describeMachine()
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ machine, payloadBytes, results, compilationsPerSecond: Math.round(compilation) }))
} else {
  const rows = results.map(({ name, perSecond, slowestPerSecond }) => [
    name,
    format(perSecond),
    format(slowestPerSecond),
  ])
  console.log(
    `${machineText(machine)}\npayloads of ${payloadBytes} bytes, parsed anew each time; median of ${ROUNDS} rounds\n`,
  )
  console.log(renderTable([['evaluations', 'per second', 'slowest round'], ...rows]))
  console.log(
    `\n${format(Math.round(compilation))} statements compiled per second; target ${format(TARGET)} plain projections`,
  )
}

function isDecided(rule: ReturnType<typeof compileRule>, index: number): boolean {
  const message = messages[index % MESSAGES]
  const outcome = message === undefined ? undefined : rule.evaluate(message)
  return outcome?.outcome === 'fire' || outcome?.outcome === 'filtered'
}

function rateOf(count: number, run: (index: number) => boolean): number {
  let decided = 0
  const startedAtMs = performance.now()
  for (let index = 0; index < count; index++) if (run(index)) decided++
  const seconds = (performance.now() - startedAtMs) / 1000
  if (decided !== count) throw new Error(`${count - decided} of ${count} failed`)
  return count / seconds
}

function format(rate: number): string {
  return rate.toLocaleString('en-US')
}
