import { PATHS, type PathName } from './paths.ts'
import { RATE_QUOTAS, saturation } from './quotas.ts'
import { table } from './text.ts'

/** What the path shares with a request of a device: `events` only comes with one. */
const PATH_NAMES = Object.keys(PATHS) as PathName[]
const FIRST = 3

/** The tables of docs/SCALING.md, by the name of their mark. */
export const SCALING_TABLES: Readonly<Record<string, string>> = {
  quotas: table(
    ['quota', 'default', 'raised on request', 'source'],
    RATE_QUOTAS.map(({ title, limit, unit, isAdjustable, source }) => [
      title,
      `${limit.toLocaleString('en-US')} ${unit}`,
      isAdjustable ? 'yes' : 'grows by itself',
      `[${source
        .split('/')
        .at(-1)
        ?.replace(/\.\w+$/, '')}](${source})`,
    ]),
  ),
  saturation: table(
    ['path', 'first', 'then', 'then'],
    PATH_NAMES.map((path) => {
      const limits = saturation(path)
        .slice(0, FIRST)
        .map(({ quota, requestsPerSecond }) => {
          return `${Math.floor(requestsPerSecond).toLocaleString('en-US')}/s: ${quota.title}`
        })
      return [path, ...limits, ...Array.from({ length: FIRST - limits.length }, () => '')]
    }),
  ),
}

/** The page with its tables as they are now. */
export function withScalingTables(page: string): string {
  return Object.entries(SCALING_TABLES).reduce((text, [name, rows]) => {
    const [begin, end] = [`<!-- ${name}: npm run docs:cost -->`, `<!-- end of ${name} -->`]
    const [before, after] = [text.indexOf(begin), text.indexOf(end)]
    if (before < 0 || after < before) throw new Error(`docs/SCALING.md has no marks for ${name}`)
    return `${text.slice(0, before + begin.length)}\n${rows}\n${text.slice(after)}`
  }, page)
}
