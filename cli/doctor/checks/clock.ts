import type { IoTClient } from '@aws-sdk/client-iot'
import { TOKEN_LIMITS } from '#contract/index.ts'
import { Problem } from '../problems.ts'
import type { Check } from '../run-checks.ts'

const TIMEOUT_MS = 5_000
/** A Date header counts in whole seconds: the service's time is half a second off at most from the middle of it. */
const RESOLUTION_MS = 1_000

/** The clock of this machine against that of the service, which every answer of HTTP tells. */
export const clockCheck: Check = {
  name: 'clock',
  async run(examination) {
    const url = await serviceUrl(examination.clients().iot, examination.target().aws.endpoint)
    const startedAtMs = examination.nowMs()
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
      throw new Problem('service_unreachable', `${url.origin} does not answer`)
    })
    const aroundMs = (startedAtMs + examination.nowMs()) / 2
    await response.body?.cancel()
    const serviceMs = Date.parse(response.headers.get('date') ?? '')
    if (Number.isNaN(serviceMs)) throw new Problem('service_unreachable', `${url.origin} does not tell the time`)
    const skewMs = aroundMs - (serviceMs + RESOLUTION_MS / 2)
    const seconds = (Math.abs(skewMs) / 1_000).toFixed(1)
    const { clockToleranceSeconds } = TOKEN_LIMITS
    if (Math.abs(skewMs) > clockToleranceSeconds * 1_000 + RESOLUTION_MS / 2) {
      const direction = skewMs > 0 ? 'ahead of' : 'behind'
      const text = `this clock is ${seconds} s ${direction} that of the service; ${clockToleranceSeconds} s are tolerated`
      throw new Problem('clock_skewed', text)
    }
    return `within ${clockToleranceSeconds} s of the service`
  },
}

async function serviceUrl(iot: IoTClient, localUrl: string | undefined): Promise<URL> {
  if (localUrl !== undefined) return new URL('/health', localUrl)
  return iot.config.endpointProvider({ Region: await iot.config.region() }).url
}
