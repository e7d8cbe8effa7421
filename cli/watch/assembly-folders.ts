import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'

/** A folder for each assembly that a running bridge is given; one goes when no code in it is in use any more. */
export interface AssemblyFolders extends Disposable {
  make(): string
  remove(folder: string): void
  /** Removes all but the present one and those that hold one of these folders. */
  removeUnused(present: string, codeFolders: readonly string[]): void
}

export function createAssemblyFolders(): AssemblyFolders {
  const folders = new Set<string>()

  function remove(folder: string): void {
    rmSync(folder, { recursive: true, force: true })
    folders.delete(folder)
  }

  return {
    make() {
      const folder = mkdtempSync(join(tmpdir(), 'bridge-assembly-'))
      folders.add(folder)
      return folder
    },
    remove,
    removeUnused(present, codeFolders) {
      for (const folder of folders) {
        const isUsed = folder === present || codeFolders.some((code) => code.startsWith(folder + sep))
        if (!isUsed) remove(folder)
      }
    },
    [Symbol.dispose]() {
      for (const folder of folders) remove(folder)
    },
  }
}
