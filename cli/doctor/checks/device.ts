import { DescribeThingGroupCommand } from '@aws-sdk/client-iot'
import { roleGroupName } from '#contract/index.ts'
import { openDeviceRegistry } from '../../device/device-registry.ts'
import { callApi } from '../call-api.ts'
import { Problem } from '../problems.ts'
import type { Check } from '../run-checks.ts'

/** The record that the authorizer will read: there, active, with a role that is deployed. */
export const deviceCheck: Check = {
  name: 'device',
  async run(examination) {
    const target = examination.target()
    const { clientId } = examination.options
    const device = await callApi('dynamodb:GetItem', () => openDeviceRegistry(target).records.find(clientId))
    if (!device)
      throw new Problem('device_unregistered', `no device is registered as "${clientId}"`, { name: clientId })
    const { role, status } = device
    if (status !== 'active') throw new Problem(`device_${status}`, `"${clientId}" is ${status}`, { name: clientId })
    const thingGroupName = roleGroupName(target.stage, role)
    const describe = () => examination.clients().iot.send(new DescribeThingGroupCommand({ thingGroupName }))
    await callApi('iot:DescribeThingGroup', describe, ['ResourceNotFoundException']).catch((error: unknown) => {
      if (error instanceof Problem) throw error
      throw new Problem('role_missing', `"${clientId}" has role "${role}", which is not deployed`, { name: role })
    })
    examination.found.device = device
    return `${clientId}, ${role}, key version ${device.key_version}`
  },
}
