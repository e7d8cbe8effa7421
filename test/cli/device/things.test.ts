import { CreateThingGroupCommand, DeleteThingGroupCommand } from '@aws-sdk/client-iot'
import { describe, expect, test } from 'vitest'
import { createThings } from '../../../cli/device/things.ts'
import { openControlPlane } from '../../local/iot/control-plane-set-up.ts'

async function open() {
  const { iot } = await openControlPlane()
  for (const thingGroupName of ['group-agent', 'group-observer']) {
    await iot.send(new CreateThingGroupCommand({ thingGroupName }))
  }
  return { iot, things: createThings(iot, { thingType: 'lamp', roleGroup: (role) => `group-${role}` }) }
}

describe('a thing that is put again', () => {
  test('has the new attributes and no others', async () => {
    const { things } = await open()
    await things.put({ name: 'one', role: 'agent', formerRole: undefined, attributes: { floor: '1', site: 'x' } })
    await things.put({ name: 'one', role: 'agent', formerRole: 'agent', attributes: { floor: '2' } })

    expect(await things.find('one')).toEqual({ attributes: { floor: '2' }, groups: ['group-agent'] })
  })

  test('with another role leaves the group of the former one', async () => {
    const { things } = await open()
    await things.put({ name: 'one', role: 'agent', formerRole: undefined, attributes: {} })
    await things.put({ name: 'one', role: 'observer', formerRole: 'agent', attributes: {} })

    expect(await things.find('one')).toMatchObject({ groups: ['group-observer'] })
  })

  test('with another role whose former one is no longer deployed, too', async () => {
    const { iot, things } = await open()
    await things.put({ name: 'one', role: 'agent', formerRole: undefined, attributes: {} })
    await iot.send(new DeleteThingGroupCommand({ thingGroupName: 'group-agent' }))
    await things.put({ name: 'one', role: 'observer', formerRole: 'agent', attributes: {} })

    expect(await things.find('one')).toMatchObject({ groups: ['group-observer'] })
  })
})
