declare module 'dynalite' {
  import type { Server } from 'node:http'

  interface DynaliteOptions {
    /** Folder of the LevelDB store; in memory when absent. */
    path?: string
    createTableMs?: number
    updateTableMs?: number
    deleteTableMs?: number
  }

  function dynalite(options?: DynaliteOptions): Server
  export = dynalite
}
