import { POLICY_LIMITS } from '#contract/index.ts'
import { compilePolicy, evaluatePolicies } from '#local/iot-policy/index.ts'
import { Problem } from '../problems.ts'
import { type Check, needed } from '../run-checks.ts'

/** The documents of the answer fit the limits of the service, and let the client connect. */
export const policyCheck: Check = {
  name: 'policy',
  async run(examination) {
    const { policyDocuments = [] } = needed(examination.found.answer, 'authorizer')
    const { clientId } = examination.options
    const { documents, charactersPerDocument } = POLICY_LIMITS
    const sizes = policyDocuments.map((text) => text.replace(/\s/g, '').length)
    const largest = Math.max(0, ...sizes)
    const size = `${sizes.length} of ${documents} documents, the largest ${largest} of ${charactersPerDocument} characters`
    if (sizes.length > documents || largest > charactersPerDocument) {
      throw new Problem('policy_over_limit', size, { name: examination.found.device?.role ?? '' })
    }
    const { domainConfigurationArn = '' } = await examination.domain()
    const arnPrefix = domainConfigurationArn.split(':').slice(0, 5).join(':')
    const policies = policyDocuments.map((text, index) => compilePolicy(JSON.parse(text), `document ${index}`))
    const request = { action: 'iot:Connect', resource: `${arnPrefix}:client/${clientId}` }
    if (evaluatePolicies(policies, request).decision !== 'allowed') {
      throw new Problem('policy_useless', `no document lets "${clientId}" connect`, { name: clientId })
    }
    return size
  },
}
