import { DescribeDomainConfigurationCommand, IoTClient, UpdateThingCommand } from '@aws-sdk/client-iot'
import { createDynamoDbClient } from '../shared/dynamodb.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { createDeviceWriter } from './devices.ts'
import { registrarEnvironment } from './env.ts'
import { createRegistrar } from './handler.ts'

const env = readEnvironment(registrarEnvironment)
const iot = new IoTClient({})

export const handler = createRegistrar({
  devices: createDeviceWriter(createDynamoDbClient(), env.DEVICE_TABLE),
  observer: createObserver('registrar'),
  async describeDomain(domainConfigurationName) {
    const { domainName, authenticationType } = await iot.send(
      new DescribeDomainConfigurationCommand({ domainConfigurationName }),
    )
    if (!domainName) throw new Error(`domain configuration ${domainConfigurationName} has no host name yet`)
    return { name: domainName, wantsCertificate: authenticationType?.endsWith('X509') === true }
  },
  async updateThing({ thingName, thingTypeName, attributes }) {
    await iot.send(new UpdateThingCommand({ thingName, thingTypeName, attributePayload: { attributes, merge: false } }))
  },
  async respond(url, body) {
    // the presigned address was signed for an empty content type
    const response = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' } })
    if (!response.ok) throw new Error(`CloudFormation answered ${response.status}`)
  },
})
