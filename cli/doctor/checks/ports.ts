import { Problem } from '../problems.ts'
import type { Check } from '../run-checks.ts'
import { knock } from '../tls-probe.ts'

/** Every endpoint for devices takes TCP connections, and is switched on. */
export const portsCheck: Check = {
  name: 'ports',
  async run(examination) {
    const endpoints = await examination.endpoints()
    const { domainConfigurationStatus: status, domainConfigurationName: name = '' } = await examination.domain()
    if (status !== 'ENABLED') throw new Problem('endpoint_disabled', `${name} is ${status ?? 'unknown'}`, { name })
    await Promise.all(endpoints.map(({ host, port }) => knock(host, port)))
    return endpoints.map(({ kind, port }) => `${kind} ${port}`).join(', ')
  },
}
