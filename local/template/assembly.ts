import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { dependencyOrder } from './dependency-order.ts'
import { TemplateError } from './errors.ts'
import { isList, isObject, type JsonObject, type JsonValue } from './json.ts'

/** One stack of a cloud assembly. */
export interface AssemblyStack {
  readonly stackName: string
  readonly template: JsonObject
  /** For example `aws://unknown-account/unknown-region`. */
  readonly environment: string
  /**
   * Absolute path of a file asset (a folder, or a file) by its hash or its S3 object key (`<hash>.zip`), as in the `Code`
   * of a function. Throws ASSET_NOT_FOUND.
   */
  assetFolder(hashOrKey: string): string
}

/** A synthesized CDK cloud assembly; stacks come after those they depend on. */
export interface Assembly {
  readonly folder: string
  readonly stacks: readonly AssemblyStack[]
  /** Throws ASSEMBLY_MALFORMED, listing the stacks there are. */
  stack(stackName: string): AssemblyStack
}

/**
 * Reads `manifest.json`, the templates and the asset manifests of a cloud assembly folder, nested assemblies (stages)
 * included. Throws ASSEMBLY_NOT_FOUND or ASSEMBLY_MALFORMED, naming the file.
 */
export function loadAssembly(folder: string): Assembly {
  const root = path.resolve(folder)
  const stacks = loadStacks(root)
  return {
    folder: root,
    stacks,
    stack(stackName) {
      const found = stacks.find((stack) => stack.stackName === stackName)
      if (found !== undefined) return found
      const names = stacks.map((stack) => stack.stackName).join(', ') || 'none'
      throw new TemplateError('ASSEMBLY_MALFORMED', '', `${root}: expected stack ${stackName}, got: ${names}`)
    },
  }
}

function loadStacks(folder: string): AssemblyStack[] {
  const manifestFile = path.join(folder, 'manifest.json')
  const artifacts = readJson(manifestFile).artifacts
  if (!isObject(artifacts)) throw malformedFile(manifestFile, 'artifacts must be an object')
  const assets = loadAssets(folder, artifacts)
  const order = dependencyOrder(Object.keys(artifacts), (id) => {
    const dependencies = member(artifacts, id).dependencies
    return isList(dependencies)
      ? dependencies.filter((name) => typeof name === 'string' && name in artifacts).map(String)
      : []
  })
  return order.flatMap((id) => {
    const artifact = member(artifacts, id)
    const properties = member(artifact, 'properties')
    if (artifact.type === 'cdk:cloud-assembly')
      return loadStacks(path.join(folder, text(properties, 'directoryName', id)))
    if (artifact.type !== 'aws:cloudformation:stack') return []
    const { stackName } = properties
    return [
      {
        stackName: typeof stackName === 'string' ? stackName : id,
        template: readJson(path.join(folder, text(properties, 'templateFile', id))),
        environment: text(artifact, 'environment', id),
        assetFolder: (hashOrKey: string) => findAsset(assets, hashOrKey, folder),
      },
    ]
  })
}

function loadAssets(folder: string, artifacts: JsonObject): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  for (const id of Object.keys(artifacts)) {
    const artifact = member(artifacts, id)
    if (artifact.type !== 'cdk:asset-manifest') continue
    const files = member(readJson(path.join(folder, text(member(artifact, 'properties'), 'file', id))), 'files')
    for (const hash of Object.keys(files)) {
      const file = member(files, hash)
      const source = member(file, 'source').path
      if (typeof source !== 'string') continue
      const assetPath = path.resolve(folder, source)
      paths.set(hash, assetPath)
      const destinations = member(file, 'destinations')
      for (const name of Object.keys(destinations)) {
        const { objectKey } = member(destinations, name)
        if (typeof objectKey === 'string') paths.set(objectKey, assetPath)
      }
    }
  }
  return paths
}

function findAsset(assets: ReadonlyMap<string, string>, hashOrKey: string, folder: string): string {
  const found = assets.get(hashOrKey)
  if (found === undefined) {
    throw new TemplateError('ASSET_NOT_FOUND', '', `${folder}: no asset manifest lists ${hashOrKey}`)
  }
  if (statSync(found, { throwIfNoEntry: false }) === undefined) {
    throw new TemplateError('ASSET_NOT_FOUND', '', `${found} does not exist; synthesize again`)
  }
  return found
}

function readJson(file: string): JsonObject {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new TemplateError('ASSEMBLY_NOT_FOUND', '', `cannot read ${file}; synthesize first (npm run synth)`, {
      cause,
    })
  }
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (cause) {
    throw malformedFile(file, 'is not JSON', cause)
  }
  if (!isObject(value)) throw malformedFile(file, 'expected a JSON object')
  return value
}

function member(object: JsonObject, name: string): JsonObject {
  const value: JsonValue | undefined = object[name]
  return isObject(value) ? value : {}
}

function text(object: JsonObject, name: string, artifact: string): string {
  const value = object[name]
  if (typeof value !== 'string') throw malformedFile(`artifact ${artifact}`, `expected a text ${name}`)
  return value
}

function malformedFile(file: string, reason: string, cause?: unknown): TemplateError {
  return new TemplateError('ASSEMBLY_MALFORMED', '', `${file}: ${reason}`, cause === undefined ? undefined : { cause })
}
