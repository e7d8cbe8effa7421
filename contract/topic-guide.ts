import type { PayloadInput, ReplyOf, RequestKey, TopicKey } from './topics.ts'

/** What a topic is for, and a payload as somebody would send it. `reply` is what that payload is answered with. */
export type TopicGuide = {
  readonly [Key in TopicKey]: {
    readonly summary: string
    readonly example: PayloadInput<Key>
  } & (Key extends RequestKey ? { readonly reply: ReplyOf<Key> } : unknown)
}

const memory = {
  id: '5a9f3c52-8d1e-5b7a-9c0f-2d6e8b4a1f37',
  layer: 'long_term',
  content: 'The garden gate sticks when it rains',
  tags: ['garden'],
  created_at: '2026-11-20T12:00:00.000Z',
} as const
const evaluation = {
  action: 'Delete user data',
  moral_score: 0.25,
  explanation: 'Approved: the score 0.25 is not below -0.25 and the action breaks no rule with a veto.',
  applied_rules: ['consent', 'privacy'],
  approved: true,
}
const apiCall = { method: 'GET', path: '/public/health' }
const apiAnswer = { status: 200, headers: { 'content-type': 'application/json' }, body: { status: 'ok' } }
const command = {
  messageId: 'b1f3a7c2-4d5e-4f60-8a91-0c2d3e4f5a6b',
  deviceId: 'petal-7',
  command: 'reboot',
  timestamp: '2026-11-20T12:00:00.000Z',
  waitResponse: true,
  payload: { delaySeconds: 5 },
}

/**
 * In words, for documents. It stands apart from `TOPICS` so that no function carries it. Each example fits the schema of its topic; a
 * test holds them against it.
 */
export const TOPIC_GUIDE: TopicGuide = {
  'conscience/evaluate': {
    summary: 'Asks for a judgement of an action before it is done.',
    example: { action: 'Delete user data', context: 'User requested account deletion' },
    reply: evaluation,
  },
  'conscience/review': {
    summary:
      'Asks for a judgement of an action, which an operator may overrule. The answer may take as long as the operator has.',
    example: { action: 'Delete all user data without consent', context: 'The disk is full' },
    reply: {
      action: 'Delete all user data without consent',
      moral_score: -1,
      explanation:
        'Not approved: the score -1 is below -0.25. "consent" (weight 7) is broken: in the action "without consent" speaks against it.',
      applied_rules: ['consent'],
      approved: true,
      decision: 'approved',
      decided_by: 'operator-1',
      reason: 'it is a test system',
    },
  },
  'conscience/results': {
    summary: 'Judgements that were asked for without a reply topic; everyone with the right to it listens.',
    example: evaluation,
  },
  'memory/store': {
    summary: 'Stores a memory in one of the layers. The same request stores it once.',
    example: { layer: 'long_term', content: memory.content, tags: ['garden'] },
    reply: { ...memory, tags: [...memory.tags], score: 1 },
  },
  'memory/query': {
    summary: 'Finds memories by their words, the best first. Only those of the own organization are looked at.',
    example: { query: 'rain garden', limit: 5 },
    reply: { memories: [{ ...memory, tags: [...memory.tags], score: 0.82 }], total: 1 },
  },
  'memory/updates': {
    summary: 'Says that a memory was stored, never what it holds.',
    example: { id: memory.id, layer: memory.layer, created_at: memory.created_at },
  },
  'api/requests': {
    summary: "Sends an HTTP request to the deployment's upstream, within the methods and paths of the sender's role.",
    example: apiCall,
    reply: apiAnswer,
  },
  'api/responses': {
    summary: 'Answers of the upstream that all listeners share; closed unless the deployment opens it.',
    example: apiAnswer,
  },
  'responses/{clientId}': {
    summary: 'The private topic of a device: replies to its requests, and every error.',
    example: evaluation,
  },
  'devices/{clientId}/requests': { summary: 'Asks a device, which answers as an HTTP server would.', example: apiCall },
  'devices/{clientId}/responses': { summary: "A device's answer to what it was asked.", example: apiAnswer },
  'events/status': {
    summary: 'The state of a component. Its last one is kept for each client.',
    example: { status: 'online', message: 'ready', component: 'gardener' },
  },
  'events/heartbeat': {
    summary: 'A sign of life with the load of the machine.',
    example: {
      client_id: 'jamey-instance-1',
      timestamp: '2026-11-20T12:00:00.000Z',
      metrics: { memory_usage: 104_857_600, cpu_usage: 12.5, active_connections: 1, uptime: 3_600 },
    },
  },
  'events/errors': {
    summary: 'What went wrong on a device.',
    example: { code: 'pump_blocked', message: 'the pump does not turn', component: 'pump', severity: 'error' },
  },
  'org/{organizationId}/device/{deviceId}/command/edge': {
    summary: 'A command to the edge controller of a device.',
    example: command,
  },
  'org/{organizationId}/device/{deviceId}/command': { summary: 'A command to a device.', example: command },
  'org/{organizationId}/device/{deviceId}/command/web': {
    summary: 'Commands between a device and its web pages; the cloud does not listen.',
    example: { deviceId: 'petal-7', command: 'refresh' },
  },
  'org/{organizationId}/device/{deviceId}/response': {
    summary: 'What a device answers to a command; the cloud does not listen.',
    example: { deviceId: 'petal-7', messageId: command.messageId, status: 'done' },
  },
  'org/{organizationId}/device/{deviceId}/telemetry': {
    summary: 'What a device measures. The last message is kept for each client.',
    example: { deviceId: 'petal-7', timestamp: '2026-11-20T12:00:00.000Z', battery: { percent: 80 } },
  },
  'org/{organizationId}/device/{deviceId}/status': {
    summary: 'How a device is. The last message is kept for each client.',
    example: { deviceId: 'petal-7', status: 'online' },
  },
}
