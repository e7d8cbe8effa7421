// What `npm pack` puts into the package: contract and device as JavaScript with declarations, under dist/. Node strips types in a
// checkout and never inside node_modules, so a package needs the result.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { parseSync, Visitor } from 'oxc-parser'

const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)))
const outFolder = join(projectFolder, 'dist')
const FOLDERS = ['contract', 'device']
/** What the package may import beside its own files. */
const ALLOWED = /^(?:mqtt|zod|node:.+)$/

rmSync(outFolder, { recursive: true, force: true })
emitDeclarations()
await emitJavaScript()
for (const path of filesBelow(outFolder)) {
  const folder = relative(outFolder, dirname(path))
  const source = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    rewritten(path, source, (specifier) => packaged(specifier, folder, path)),
  )
}

/** The compiler also checks the types. It would emit JavaScript only with the specifiers of another layout. */
function emitDeclarations(): void {
  const compiler = fileURLToPath(import.meta.resolve('typescript/package.json'))
  execFileSync(process.execPath, [join(dirname(compiler), 'bin', 'tsc'), '-p', 'tsconfig.package.json'], {
    cwd: projectFolder,
    stdio: 'inherit',
  })
}

/** File by file, so that bundlers leave out what an application does not use. */
async function emitJavaScript(): Promise<void> {
  await build({
    absWorkingDir: projectFolder,
    entryPoints: FOLDERS.flatMap((folder) => filesBelow(join(projectFolder, folder))),
    outbase: projectFolder,
    outdir: outFolder,
    bundle: false,
    format: 'esm',
    target: 'es2024',
    charset: 'utf8',
    logLevel: 'warning',
  })
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** The source with other specifiers in its imports and exports, those of types included. */
function rewritten(path: string, source: string, change: (specifier: string) => string): string {
  const { program, module, errors } = parseSync(path, source)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const literals: { start: number; end: number; value: unknown }[] = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest ?? [])),
  ]
  const add = (node: { source: { start: number; end: number; value?: unknown } }) =>
    void literals.push({ ...node.source, value: node.source.value })
  new Visitor({ ImportExpression: add as never, TSImportType: add as never }).visit(program)
  const spans = new Map(literals.map((literal) => [literal.start, literal]))
  let text = source
  for (const { start, end, value } of [...spans.values()].sort((one, other) => other.start - one.start)) {
    text = `${text.slice(0, start)}'${change(String(value))}'${text.slice(end)}`
  }
  return text
}

/** `#contract/index.ts` and `./x.ts` as seen from a file of the package. */
function packaged(specifier: string, folder: string, path: string): string {
  if (ALLOWED.test(specifier)) return specifier
  const target = specifier.startsWith('#')
    ? posix.relative(folder, specifier.slice(1))
    : specifier.startsWith('.')
      ? specifier
      : undefined
  if (target === undefined) throw new Error(`${path}: may not import ${specifier}`)
  return (target.startsWith('.') ? target : `./${target}`).replace(/\.ts$/, '.js')
}
