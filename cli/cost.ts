import type { Command } from 'commander'
import { CommandError } from './command-error.ts'
import { ASSUMED_DURATION_MS, type Estimate, estimate, type Prices } from './cost/estimate.ts'
import { ITEM_NAMES, ITEMS, type ItemName } from './cost/items.ts'
import { PATHS, type PathName } from './cost/paths.ts'
import { LIST_PRICES } from './cost/prices.ts'
import { usdText } from './cost/text.ts'
import { keyValues } from './key-values.ts'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'
import { wholeNumber } from './whole-number.ts'

interface CostOptions {
  requests: number
  durationMs: number
  price?: string[]
  json?: boolean
}

const MAX_REQUESTS = 1_000_000_000_000
const MAX_DURATION_MS = 900_000

const EXAMPLES = `
Paths: ${Object.keys(PATHS).join(', ')}.
Names of prices: ${ITEM_NAMES.join(', ')}.
What is counted, where the prices were read and what is not in it stands in docs/COST.md.

Examples:
  npx bridge cost --requests 5000000
  npx bridge cost 'workflow with device' --duration-ms 40 --price durable.operations=8.8`

/** `bridge cost`: what requests of a path cost in a month. */
export function costCommand(program: Command, terminal: Terminal): void {
  program
    .command('cost')
    .description('what so many requests cost on AWS, from what each path was measured to take')
    .argument('[path]', 'one path, with all that is billed of it; without: the sum of each')
    .option('--requests <n>', 'requests in a month', wholeNumber('--requests', 1, MAX_REQUESTS), 1_000_000)
    .option(
      '--duration-ms <ms>',
      'billed for each invocation: an assumption',
      wholeNumber('--duration-ms', 1, MAX_DURATION_MS),
      ASSUMED_DURATION_MS,
    )
    .option('--price <name=usd...>', 'your price in place of the one of docs/COST.md, in US dollars')
    .option('--json', 'lines of JSON')
    .addHelpText('after', EXAMPLES)
    .action((path: string | undefined, options: CostOptions) => {
      const paths = path === undefined ? (Object.keys(PATHS) as PathName[]) : [pathNamed(path)]
      const settings = { ...options, prices: pricesWith(keyValues('--price', options.price)) }
      const estimates = paths.map((name) => [name, estimate(name, settings)] as const)
      for (const line of linesOf(estimates, options, terminal)) terminal.result(line)
    })
}

function linesOf(
  estimates: readonly (readonly [PathName, Estimate])[],
  { requests, json }: CostOptions,
  terminal: Terminal,
): string[] {
  const [first, ...others] = estimates
  if (json) {
    return estimates.map(([path, { usd, lines }]) => {
      const billed = Object.fromEntries(lines.map((line) => [line.item, { units: line.units, usd: line.usd }]))
      return JSON.stringify({ path, requests, usd, billed })
    })
  }
  if (first === undefined || others.length > 0) {
    const rows = estimates.map(([path, { usd }]) => [path, usdText(usd)])
    return tableLines(['path', `${requests} requests, USD`], rows, terminal)
  }
  const { lines, usd } = first[1]
  const rows = lines.map((line) => [ITEMS[line.item].title, String(line.units), usdText(line.usd)])
  return tableLines(['billed', 'units', `${requests} requests, USD`], [...rows, ['in all', '', usdText(usd)]], terminal)
}

function pathNamed(text: string): PathName {
  if (Object.hasOwn(PATHS, text)) return text as PathName
  throw new CommandError('usage', 'invalid_argument', `expected a path (--help lists them), got ${text}`)
}

function pricesWith(given: Readonly<Record<string, string>>): Prices {
  const own = Object.entries(given).map(([name, text]): [ItemName, number] => {
    const usd = Number(text)
    if (!ITEM_NAMES.includes(name as ItemName) || !(usd >= 0) || text.trim() === '') {
      throw new CommandError('usage', 'invalid_option', `--price: expected a name and US dollars, got ${name}=${text}`)
    }
    return [name as ItemName, usd]
  })
  return { ...LIST_PRICES, ...Object.fromEntries(own) }
}
