import * as z from 'zod'

/** As the programs' manager reports of itself, and more. */
export const healthAnswer = z.object({
  status: z.enum(['healthy', 'unhealthy']).describe('Whether the broker is connected.'),
  connection: z.object({ ts_client: z.boolean(), callback_router: z.boolean(), connected: z.boolean() }),
  configuration: z.object({
    ts_client_host: z.string(),
    ts_client_port: z.int(),
    callback_host: z.string(),
    callback_port: z.int(),
    enable_callbacks: z.boolean(),
  }),
  subscriptions: z.object({
    topics: z.array(z.string()),
    patterns: z.array(z.string()),
    handlers: z.record(z.string(), z.int()).describe('Handlers in the process by topic.'),
  }),
  device_info: z.object({ organization_id: z.string().nullable(), robot_instance_id: z.string().nullable() }),
  instance_id: z.string().describe('New with every start of the service.'),
  started_at: z.string(),
  mqtt: z.object({ state: z.string(), reason: z.string().optional(), outbox: z.int() }),
  callbacks: z.object({
    waiting: z
      .int()
      .describe('Messages that stand in the store and are not delivered yet: they are there after a kill.'),
    held: z.int(),
    dead_letters: z.int(),
  }),
  store: z.object({ ok: z.boolean(), problem: z.string().optional() }),
  parts: z
    .array(z.object({ part: z.string(), state: z.enum(['ok', 'degraded', 'down']), reason: z.string() }))
    .describe('Each part of the service, as of the bridge on this machine.'),
})

export type Health = z.infer<typeof healthAnswer>
