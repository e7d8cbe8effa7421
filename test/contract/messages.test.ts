import { describe, expect, test } from 'vitest'
import { FIELD_LIMITS, MEMORY_LAYERS, type TopicKey, topicDefinition } from '#contract/index.ts'

const ID = '7d3f2f0a-5f0b-4a53-9c7e-2b8f4f4f7a11'
const TIME = '2026-11-21T12:00:00.123456789Z'

/** One message of each topic as the seed systems write it: every field there, empty ones as null. */
const EXAMPLES: Readonly<Record<TopicKey, object>> = {
  'conscience/evaluate': { action: 'help a neighbour', context: '', user_id: null },
  'conscience/review': { action: 'help a neighbour', context: '', user_id: null },
  'conscience/results': {
    action: 'help a neighbour',
    moral_score: -0.5,
    explanation: 'no rule speaks of it',
    applied_rules: [],
    approved: false,
  },
  'memory/store': { layer: 'short_term', content: 'a note', tags: [], user_id: null },
  'memory/query': { query: 'note', layer: null, limit: 10, user_id: 'u-1' },
  'memory/updates': { id: ID, layer: 'working', created_at: TIME },
  'api/requests': { method: 'GET', path: '/rules', headers: {}, body: null },
  'api/responses': { status: 200, headers: { 'content-type': 'application/json' }, body: [1, { a: null }] },
  'responses/{clientId}': { anything: [1, 'two', null] },
  'devices/{clientId}/requests': { method: 'POST', path: '/evaluate', headers: {}, body: { action: 'x' } },
  'devices/{clientId}/responses': { status: 404, headers: {}, body: null },
  'events/status': { status: 'online', message: '', component: 'core', uptime: 3 },
  'events/heartbeat': {
    client_id: 'c',
    timestamp: TIME,
    metrics: { memory_usage: 1_024, cpu_usage: 12.5, active_connections: null, uptime: 0 },
  },
  'events/errors': { code: 'E1', message: 'it broke', component: 'core', details: null, severity: 'warning' },
  'org/{organizationId}/device/{deviceId}/command/edge': {
    waitResponse: true,
    messageId: 'k3j-1732190400000-x9',
    deviceId: 'Instance-1',
    command: 'petal-flight-log/fetch_flight_records',
    timestamp: '2026-11-21T12:00:00.000Z',
    payload: {},
  },
  'org/{organizationId}/device/{deviceId}/command': {
    waitResponse: false,
    messageId: ID,
    deviceId: 'Instance-1',
    command: 'x/y',
    timestamp: '2026-11-21T12:00:00',
    payload: { deep: { er: [null] } },
  },
  'org/{organizationId}/device/{deviceId}/command/web': { deviceId: 'Instance-1', progress: 0.5 },
  'org/{organizationId}/device/{deviceId}/response': {
    messageId: ID,
    timestamp: '2026-11-21T12:00:00',
    status: 'success',
    deviceId: 'Instance-1',
  },
  'org/{organizationId}/device/{deviceId}/telemetry': { deviceId: 'Instance-1', battery: { percent: 80 } },
  'org/{organizationId}/device/{deviceId}/status': { deviceId: 'Instance-1', status: 'online' },
}

const parse = (key: TopicKey, payload: unknown) => topicDefinition(key).payload.safeParse(payload)

describe('payloads', () => {
  test.each(Object.entries(EXAMPLES) as [TopicKey, object][])('%s takes and keeps its example', (key, example) => {
    expect(parse(key, example).data).toEqual(example)
  })

  test.each(Object.keys(EXAMPLES).filter((key) => key !== 'responses/{clientId}') as TopicKey[])(
    '%s refuses what is no object',
    (key) => {
      for (const payload of [null, 1, 'x', [], undefined]) expect(parse(key, payload).success).toBe(false)
    },
  )

  test.each<[TopicKey, Record<string, unknown>]>([
    ['conscience/evaluate', { action: '' }],
    ['conscience/evaluate', { action: 'x'.repeat(FIELD_LIMITS.actionCharacters + 1) }],
    ['conscience/evaluate', { context: null }],
    ['conscience/evaluate', { user_id: '' }],
    ['conscience/evaluate', { user_id: 7 }],
    ['conscience/results', { moral_score: 1.01 }],
    ['conscience/results', { applied_rules: 'no-harm' }],
    ['conscience/results', { approved: 'yes' }],
    ['memory/store', { layer: 'procedural' }],
    ['memory/store', { layer: 'sensory' }],
    ['memory/store', { layer: 'ShortTerm' }],
    ['memory/store', { layer: null }],
    ['memory/store', { content: '' }],
    ['memory/store', { content: 'x'.repeat(FIELD_LIMITS.contentCharacters + 1) }],
    ['memory/store', { tags: undefined }],
    ['memory/store', { tags: Array(FIELD_LIMITS.tags + 1).fill('t') }],
    ['memory/store', { tags: ['x'.repeat(FIELD_LIMITS.tagCharacters + 1)] }],
    ['memory/query', { query: '' }],
    ['memory/query', { limit: 0 }],
    ['memory/query', { limit: 1.5 }],
    ['memory/query', { limit: FIELD_LIMITS.queryResults + 1 }],
    ['memory/query', { limit: '10' }],
    ['memory/query', { layer: 'all' }],
    ['memory/updates', { id: 'x' }],
    ['api/requests', { method: '' }],
    ['api/requests', { path: 'x'.repeat(2_049) }],
    ['api/requests', { headers: { accept: 1 } }],
    ['api/responses', { status: 99 }],
    ['api/responses', { status: 200.5 }],
    ['devices/{clientId}/responses', { status: '200' }],
    ['events/status', { status: 'busy' }],
    ['events/status', { component: '' }],
    ['events/heartbeat', { timestamp: 'now' }],
    ['events/heartbeat', { metrics: { memory_usage: -1 } }],
    ['events/heartbeat', { metrics: { active_connections: 0.5 } }],
    ['events/errors', { severity: 'info' }],
    ['events/errors', { code: '' }],
    ['org/{organizationId}/device/{deviceId}/command/edge', { waitResponse: 'true' }],
    ['org/{organizationId}/device/{deviceId}/command/edge', { payload: [] }],
    ['org/{organizationId}/device/{deviceId}/response', { deviceId: undefined }],
  ])('%s refuses %j', (key, changes) => {
    expect(parse(key, { ...EXAMPLES[key], ...changes }).success).toBe(false)
  })

  test('missing optional fields read as null or as their default', () => {
    expect(parse('conscience/evaluate', { action: 'a', context: 'c' }).data).toMatchObject({ user_id: null })
    expect(parse('memory/query', { query: 'q' }).data).toEqual({ query: 'q', layer: null, limit: 10, user_id: null })
    expect(parse('api/requests', { method: 'GET', path: '/' }).data).toMatchObject({ headers: {}, body: null })
    expect(parse('events/heartbeat', { client_id: 'c', timestamp: TIME }).data).toMatchObject({
      metrics: { memory_usage: null, cpu_usage: null, active_connections: null, uptime: null },
    })
  })

  test('unknown fields are dropped, except where further keys are kept', () => {
    const further = { further: 1 }
    expect(parse('memory/store', { ...EXAMPLES['memory/store'], ...further }).data).not.toHaveProperty('further')
    expect(parse('events/status', { ...EXAMPLES['events/status'], ...further }).data).toMatchObject(further)
  })

  test('every layer can be stored to and asked', () => {
    for (const layer of MEMORY_LAYERS) {
      expect(parse('memory/store', { ...EXAMPLES['memory/store'], layer }).success).toBe(true)
      expect(parse('memory/query', { query: 'q', layer }).success).toBe(true)
    }
  })
})
