import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What is wrong and, where it can be told, where: `functions/api/handler.ts:12:3`. */
export interface Problem {
  problem: string
  place?: string
}

/** `functions/api/handler.ts:12:3: ERROR: Expected ";" but found "}"`, of esbuild. */
const BUNDLING = /^(?<place>\S+:\d+:\d+): ERROR: (?<problem>.+)$/m
/** Node shows where a file cannot be read as code, the line itself, and then the error. */
const SYNTAX = /^(?<file>file:\/\/\S+|\/\S+):(?<line>\d+)\n(?:[\s\S]*?\n)?(?<problem>SyntaxError[^\n]*)$/m
const THROWN = /^(?:Uncaught )?(?<problem>(?:\w*Error)(?: \[\w+\])?: [^\n]+)$/m
const FRAME = /^\s+at .*?\(?(?<file>file:\/\/\/\S+?|\/\S+?):(?<line>\d+):(?<column>\d+)\)?$/gm
/** An error of ours says itself what is wrong; where it was thrown says nothing. */
const CODED = /\n\s+code: '\w+'/

/** The first problem of what the app or a bundler said before it ended. */
export function firstProblem(words: string, projectFolder: string): Problem {
  const bundling = BUNDLING.exec(words)?.groups
  if (bundling?.problem && bundling.place) return { problem: bundling.problem, place: bundling.place }
  const syntax = SYNTAX.exec(words)?.groups
  if (syntax?.problem && syntax.file) {
    return { problem: syntax.problem, place: `${inProject(syntax.file, projectFolder)}:${syntax.line}` }
  }
  const [firstLine = ''] = words.split('\n').filter((line) => line.trim() !== '')
  const problem = THROWN.exec(words)?.groups?.problem ?? firstLine
  const place = CODED.test(words) ? undefined : frameOf(words, projectFolder)
  return { problem, ...(place !== undefined && { place }) }
}

/** Of the first file that is ours. */
function frameOf(words: string, projectFolder: string): string | undefined {
  for (const { groups } of words.matchAll(FRAME)) {
    const file = inProject(groups?.file ?? '', projectFolder)
    if (!file.startsWith('..') && !file.includes('node_modules')) return `${file}:${groups?.line}:${groups?.column}`
  }
  return undefined
}

function inProject(file: string, projectFolder: string): string {
  return relative(projectFolder, file.startsWith('file:') ? fileURLToPath(file) : file)
}
