import { callApi } from '../call-api.ts'
import type { Check } from '../run-checks.ts'

/** Is there a bridge to look at: a running runtime, or credentials and a region? */
export const bridgeCheck: Check = {
  name: 'bridge',
  async run(examination) {
    const { aws, stage } = examination.target()
    const { iot } = examination.clients()
    const region = await callApi('credentials', async () => {
      await iot.config.credentials()
      return iot.config.region()
    })
    return aws.endpoint === undefined ? `stage ${stage} in ${region}` : `local runtime, stage ${stage}`
  },
}
