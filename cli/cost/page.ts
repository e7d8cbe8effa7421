import { HTTP_WAIT, TOKEN_LIMITS } from '#contract/index.ts'
import { ASSUMED_DURATION_MS, estimate, FUNCTION_MEMORY_MB, unitsOf } from './estimate.ts'
import { ITEM_NAMES, ITEMS } from './items.ts'
import { MEASURED } from './measured.ts'
import { PATHS, type PathName } from './paths.ts'
import { LIST_PRICES, PRICES } from './prices.ts'
import { table, usdText } from './text.ts'

const PATH_NAMES = Object.keys(PATHS) as PathName[]
const REQUESTS = [1_000, 1_000_000, 1_000_000_000]
const MONTH_SECONDS = 30 * 24 * 60 * 60

const INTRODUCTION = `# What a request costs

This page is written by \`npm run docs:cost\`. The counts are what the local runtime counts where each operation arrives at it, as AWS meters it, once for each path and with functions
that are warm; [test/e2e/cost.test.ts](../test/e2e/cost.test.ts) holds them against a run. No count was held against a bill of AWS. \`npx bridge cost\` prints the same for other numbers and prices.`

/** docs/COST.md, as Markdown. */
export function costPage(): string {
  return `${[
    INTRODUCTION,
    `## In a month\n\n${monthly()}`,
    `## A device that stays connected\n\n${connected()}`,
    `## Path by path\n\n${PATH_NAMES.map(section).join('\n\n')}`,
    `## Prices\n\n${prices()}`,
    `## What is not in it\n\n${LEFT_OUT}`,
  ].join('\n\n')}\n`
}

function monthly(): string {
  const rows = PATH_NAMES.map((path) => {
    const costs = REQUESTS.map((requests) => usdText(estimate(path, { requests, prices: LIST_PRICES }).usd))
    const { lines } = estimate(path, { requests: 1_000_000, prices: LIST_PRICES })
    const dearest = lines.reduce((one, other) => (other.usd > one.usd ? other : one))
    return [path, ...costs, ITEMS[dearest.item].title]
  })
  return `US dollars for so many requests, at the [prices](#prices) below: the first tier of each, without free tiers, so an upper bound for large numbers. An invocation is assumed to be billed for
${ASSUMED_DURATION_MS} ms (\`--duration-ms\`).

${table(['path', '1 thousand', '1 million', '1 billion', 'most of it'], rows)}`
}

function section(path: PathName): string {
  const { lines } = estimate(path, { requests: 1_000_000, prices: LIST_PRICES })
  const rows = lines.map(({ item, units, usd }) => {
    const of = item === 'lambda.gbSeconds' ? {} : MEASURED[path][item]
    const names = Object.entries(of ?? {}).map(([name, count]) => (count === 1 ? name : `${count} ${name}`))
    return [ITEMS[item].title, String(Number(units.toPrecision(6))), names.join(', '), usdText(usd)]
  })
  return `### ${path}\n\n${PATHS[path]}\n\n${table(['billed', 'units', 'for', '1 million, USD'], rows)}`
}

function connected(): string {
  const lifetimes = [TOKEN_LIMITS.defaultLifetimeSeconds, TOKEN_LIMITS.maxConnectionSeconds]
  const minutes = MONTH_SECONDS / 60
  const minutesUsd = (minutes * LIST_PRICES['iot.connectionMinutes']) / ITEMS['iot.connectionMinutes'].per
  const minuteUsd = LIST_PRICES['iot.connectionMinutes'] / ITEMS['iot.connectionMinutes'].per
  const rows = lifetimes.map((seconds) => {
    const connects = Math.ceil(MONTH_SECONDS / seconds)
    const one = (path: PathName) => estimate(path, { requests: connects, prices: LIST_PRICES }).usd
    const connectUsd = one('connect') - connects * minuteUsd
    return [seconds, connects, usdText(minutesUsd), usdText(connectUsd), usdText(one('presence'))].map(String)
  })
  return `A connection ends with its token, and the device connects anew: the lifetime of tokens (\`tokenLifetimeSeconds\`) decides what a device costs that says nothing. US dollars for one device and 30 days of
${minutes} connection minutes. Presence is an upper bound: a renewal takes what a device takes that comes and goes.

${table(['lifetime of tokens, s', 'connects', 'minutes', 'connecting', 'presence'], rows)}`
}

function prices(): string {
  const rows = ITEM_NAMES.map((item) => {
    const { usd, source } = PRICES[item]
    return [ITEMS[item].title, `\`${item}\``, `${usd} for ${ITEMS[item].perText}`, source]
  })
  return `US dollars, as far as they could be read; where, stands beside each. None was read from an account, so look at your own price list, and give what differs: \`npx bridge cost --price iot.messages=1.1\`.

${table(['billed', 'name', 'USD', 'read in'], rows)}`
}

const LEFT_OUT = `- **What depends on time, not on requests**: storage of tables, point-in-time recovery, queues and logs; alarms, the dashboard and metrics of CloudWatch; secrets; polls of queues that hold nothing, which Lambda
  makes day and night for each queue with a function behind it.
- **Logs**: each invocation writes some lines; ingestion is billed by the GB.
- **Data transfer** out of AWS.
- **Compute**, but for the assumption above, with ${FUNCTION_MEMORY_MB.default} MB a function and ${FUNCTION_MEMORY_MB.authorizer} MB for the authorizer. A caller that waits over HTTP is an invocation that waits: its compute lasts as long as the device takes.
- **Looks**: \`http waiting\` is counted with one look at the record, ${unitsOf('http waiting')['dynamodb.readUnits']} units; there are more the longer the device takes, at most ${HTTP_WAIT.reads}.
- **Reads that are kept**: functions that need the device's record read it once a minute for each of their environments; secrets are read every few minutes.
- **Batches**: with the events bus, up to 100 events share an invocation of the announcer; it is counted as if none did.
- **Sizes**: messages up to 5 KB and items around 1 KB. A correlation keeps request hash and reply; a larger reply takes a write unit more for each KB.
- An outcome that nobody is to be told of (\`none\`, \`deferred\`) still comes to the publisher as a destination: an invocation that publishes nothing.`
