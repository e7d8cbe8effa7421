import { faultCode } from '../shared/fault-code.ts'
import type { Observer } from '../shared/observability.ts'
import type { DeviceWriter } from './devices.ts'
import { CUSTOM_RESOURCES } from './env.ts'
import {
  answerableCallSchema,
  type CustomResourceCall,
  customResourceCallSchema,
  type Deletion,
  deletionSchema,
} from './event.ts'

export interface RegistrarDependencies {
  devices: DeviceWriter
  /** The host name AWS gave a domain configuration, and whether it asks for a client certificate. */
  describeDomain(domainConfigurationName: string): Promise<{ name: string; wantsCertificate: boolean }>
  /** Gives the thing its type and attributes, which take the place of those it had. */
  updateThing(thing: { thingName: string; thingTypeName: string; attributes: Record<string, string> }): Promise<void>
  /** Sends the answer to where CloudFormation waits for it. */
  respond(url: string, body: string): Promise<void>
  observer: Observer
}

interface Answer {
  physicalId: string
  data?: Record<string, string>
}

/**
 * The deployment's custom resources. It always answers CloudFormation, also about what it could not do: a call without an answer
 * would hang the deployment for an hour.
 */
export function createRegistrar(dependencies: RegistrarDependencies): (event: unknown) => Promise<void> {
  const { devices, describeDomain, updateThing, respond, observer } = dependencies

  return async (event) => {
    const call = answerableCallSchema.parse(event)
    const status = await perform(event).then(
      ({ physicalId, data }) => ({ Status: 'SUCCESS', PhysicalResourceId: physicalId, Data: data ?? {} }),
      (error: unknown) => {
        const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
        observer.count('SystemFaults', 1, faultCode(error))
        observer.error('registration_failed', { logical_id: call.LogicalResourceId, reason })
        return {
          Status: 'FAILED',
          Reason: reason.slice(0, 1_000),
          PhysicalResourceId: call.PhysicalResourceId ?? call.LogicalResourceId,
        }
      },
    )
    const { StackId, RequestId, LogicalResourceId } = call
    await respond(call.ResponseURL, JSON.stringify({ ...status, StackId, RequestId, LogicalResourceId }))
  }

  async function perform(event: unknown): Promise<Answer> {
    const deletion = deletionSchema.safeParse(event)
    if (deletion.success) return remove(deletion.data)
    const call = customResourceCallSchema.parse(event)
    return call.ResourceType === CUSTOM_RESOURCES.device ? registerDevice(call) : registerServerNames(call)
  }

  /** Goes by the physical id alone: what failed to be created, for properties that were never valid, is deleted as well. */
  async function remove({ ResourceType, PhysicalResourceId }: Deletion): Promise<Answer> {
    if (ResourceType === CUSTOM_RESOURCES.device) await devices.remove(PhysicalResourceId)
    return { physicalId: PhysicalResourceId }
  }

  /** The client id is the physical id: renaming a device in the fleet file removes the old one. */
  async function registerDevice(
    call: CustomResourceCall & { ResourceType: typeof CUSTOM_RESOURCES.device },
  ): Promise<Answer> {
    const device = call.ResourceProperties
    // the record comes last: only with it can the device connect
    await updateThing({
      thingName: device.ClientId,
      thingTypeName: device.ThingTypeName,
      attributes: device.Attributes,
    })
    await devices.put(device)
    return { physicalId: device.ClientId }
  }

  async function registerServerNames(
    call: CustomResourceCall & { ResourceType: typeof CUSTOM_RESOURCES.serverNames },
  ): Promise<Answer> {
    const physicalId = call.PhysicalResourceId ?? call.LogicalResourceId
    const domains = await Promise.all(call.ResourceProperties.DomainConfigurationNames.map(describeDomain))
    const names = domains.map(({ name }) => name)
    // endpoints may share a name, as they do on one machine; then it says nothing of certificates
    const open = new Set(domains.filter(({ wantsCertificate }) => !wantsCertificate).map(({ name }) => name))
    const all = [...new Set(names)]
    await devices.putServerNames({ all, withCertificate: all.filter((name) => !open.has(name)) })
    // by position too: a policy is bound to one of them
    const each = Object.fromEntries(names.map((name, index) => [`ServerName${index}`, name]))
    return { physicalId, data: { ServerNames: names.join(','), ...each } }
  }
}
