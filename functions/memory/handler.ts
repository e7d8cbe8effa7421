import { isDeepStrictEqual } from 'node:util'
import { bridgeError, MEMORY_LAYERS, type MemoryStoreRequest } from '#contract/index.ts'
import { activeDevice, type DeviceDirectory, type Routes, uuidV5 } from '../shared/index.ts'
import type { MemoryStore } from './memory-table.ts'
import { memoryOwner } from './owner.ts'
import { entryOf, rankMemories } from './ranking.ts'

/** Namespace of memory ids. Never changes: the id of a repeat depends on it. */
const MEMORY_NAMESPACE = '5f1d3a52-8a0f-4d0c-9c43-0f2f6f0f7a11'

/**
 * The routes of the memory. Both work on what belongs to the sender's organization (else the sender) and the named user. Throw
 * device_unregistered, store_unavailable; storing also invalid_payload for text that is not Unicode and correlation_conflict when
 * the id of the request stands for another memory.
 */
export function createMemoryRoutes({ devices, memories }: { devices: DeviceDirectory; memories: MemoryStore }): Routes {
  return {
    async 'memory/store'({ payload, clientId, requestKey, receivedAtMs, notify }) {
      checkText(payload)
      const device = await activeDevice(devices, clientId)
      const { layer, content, tags, user_id: userId } = payload
      const memory = {
        id: uuidV5(MEMORY_NAMESPACE, requestKey),
        layer,
        content,
        tags,
        created_at: new Date(receivedAtMs).toISOString(),
      }
      const kept = await memories.put(memoryOwner(device, userId, layer), memory)
      // a correlation id that comes back after its record ended, with something else to remember
      if (kept.content !== content || !isDeepStrictEqual(kept.tags, tags)) throw bridgeError('correlation_conflict')
      // also for a memory that was there: the attempt that stored it ended before it could tell anybody
      notify('memory/updates', { id: kept.id, layer: kept.layer, created_at: kept.created_at })
      return entryOf(kept, 1)
    },

    async 'memory/query'({ payload, clientId }) {
      const device = await activeDevice(devices, clientId)
      const layers = payload.layer === null ? MEMORY_LAYERS : [payload.layer]
      const found = await Promise.all(
        layers.map((layer) => memories.newest(memoryOwner(device, payload.user_id, layer))),
      )
      const ranked = rankMemories(payload.query, found.flat())
      return { memories: ranked.slice(0, payload.limit), total: ranked.length }
    },
  }
}

/** DynamoDB takes Unicode only, and JSON can say half a character. */
function checkText({ content, tags }: MemoryStoreRequest): void {
  if (!content.isWellFormed()) throw invalid('content')
  if (!tags.every((tag) => tag.isWellFormed())) throw invalid('tags')
}

function invalid(field: string): Error {
  return bridgeError('invalid_payload', { problem: `${field}: expected Unicode text, got half of a surrogate pair` })
}
