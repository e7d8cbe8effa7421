// A program that runs the edge service inside itself: handlers, one on a thread, a long operation in two phases, telemetry.
import * as z from 'zod'
import { ALL_PERMISSIONS } from '#contract/index.ts'
import { configFromEnv } from '#device/index.ts'
import { CommandError, readEdgeSettings, startEdge, startOperation } from '#edge/index.ts'

const { settings, problems } = readEdgeSettings(process.env)
if (problems.length > 0) throw new Error(problems.map(({ variable, problem }) => `${variable}: ${problem}`).join('; '))
const device = configFromEnv({ MQTT_PERMISSIONS: ALL_PERMISSIONS.join(','), ...process.env })
await using edge = await startEdge({ settings, device, log: (entry) => console.error(JSON.stringify(entry)) })

let isRecording = false
let pictures = 0

edge.registerHandler(
  'camera/shoot',
  ({ exposureMs }) => {
    pictures += 1
    return { status: 'success', data: { picture: pictures, exposureMs } }
  },
  { schema: z.object({ exposureMs: z.number().min(1).max(10_000) }) },
)

edge.registerHandler('camera/analyse', new URL('./analyse.ts#handler', import.meta.url), { cpuHeavy: true })

edge.registerHandler('camera/record', (_, command) => {
  if (isRecording) throw new CommandError('OPERATION_ACTIVE', 'a recording is under way')
  isRecording = true
  return startOperation(edge, command, async (progress) => {
    try {
      for (const percent of [25, 50, 75]) await progress({ progress: percent, message: 'recording' })
      return { data: { seconds: 4 } }
    } finally {
      isRecording = false
    }
  })
})

edge.scheduleTelemetry(() => ({ timestamp: new Date().toISOString(), pictures }), { everyMs: 10_000 })
console.log(`camera on ${edge.url}`)
await new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
})
