import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { compilePolicy, evaluatePolicies } from '#local/iot-policy/index.ts'
import { flatText, synthesizeStack } from './synthesized.ts'

const { template, resources, settings } = synthesizeStack()
const clientIds = settings.fleet.devices.map(({ clientId }) => clientId)

/** https://docs.aws.amazon.com/general/latest/gr/iot-core.html, white space not counted. */
const MAX_POLICY_CHARACTERS = 2_048
/** As long as a host name that AWS gives out. */
const ENDPOINT = 'd0123456789abcdefghij-ats.iot.ap-southeast-1.amazonaws.com'
const LONGEST_REGION = {
  '<AWS::Partition>': 'aws',
  '<AWS::Region>': 'ap-southeast-1',
  '<AWS::AccountId>': '0'.repeat(12),
  '<ServerNames.ServerName0>': ENDPOINT,
}

interface PolicyDocument {
  Version: string
  Statement: {
    Effect: string
    Action: string[]
    Resource: unknown[]
    Condition: { StringEquals: Record<string, unknown> }
  }[]
}

/** The documents of a role as IoT Core gets them. */
function documentsOf(role: string, stack = { resources }): PolicyDocument[] {
  return Object.values(stack.resources('AWS::IoT::Policy'))
    .filter(({ Properties }) => new RegExp(`-${role}-\\d+$`).test(String(Properties.PolicyName)))
    .map(({ Properties }) => {
      const { Version, Statement } = Properties.PolicyDocument as PolicyDocument
      return {
        Version,
        Statement: Statement.map((one) => ({
          ...one,
          Resource: [one.Resource].flat().map(deployedText),
          Condition: { StringEquals: { 'iot:DomainName': deployedText(one.Condition.StringEquals['iot:DomainName']) } },
        })),
      }
    })
}

function deployedText(resource: unknown): string {
  let text = flatText(resource)
  for (const [name, value] of Object.entries(LONGEST_REGION)) text = text.replaceAll(name, value)
  return text
}

function decide(role: string, action: string, resource: string, domainName = ENDPOINT): string {
  const policies = documentsOf(role).map((document, index) => compilePolicy(document, `${role}-${index + 1}`))
  const context = {
    'iot:ClientId': 'lamp-1',
    'iot:DomainName': domainName,
    'iot:Connection.Thing.ThingName': 'lamp-1',
    'iot:Connection.Thing.Attributes[organizationId]': 'acme',
    'iot:Connection.Thing.Attributes[deviceId]': 'L1',
  }
  return evaluatePolicies(policies, {
    action,
    resource: `arn:aws:iot:ap-southeast-1:000000000000:${resource}`,
    context,
  }).decision
}

describe('things', () => {
  test('every seed device is a thing of the type that its role and organization are found by', () => {
    template.hasResourceProperties('AWS::IoT::ThingType', {
      ThingTypeName: 'mqtt-cloud-bridge:jamey',
      ThingTypeProperties: { SearchableAttributes: ['role', 'organizationId'] },
    })
    const names = Object.values(resources('AWS::IoT::Thing')).map(({ Properties }) => Properties.ThingName)
    expect(names).toEqual(clientIds)
  })

  test('every seed device is registered, with its record and attributes, once its thing is there', () => {
    const registrations = Object.values(resources('Custom::BridgeDevice'))

    expect(registrations.map(({ Properties }) => Properties.ClientId)).toEqual(clientIds)
    expect(registrations[0]?.Properties).toMatchObject({
      ClientId: 'jamey-instance-1',
      Role: 'agent',
      OrganizationId: 'acme',
      DeviceId: 'Instance-1',
      Attributes: { role: 'agent', organizationId: 'acme', deviceId: 'Instance-1', site: 'laptop' },
    })
    for (const { DependsOn } of registrations) {
      expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^FleetThing(?!Type)/)]))
      // the function must not be called before it may do anything
      expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^registrarRoleDefaultPolicy/)]))
    }
  })
})

describe('role policies', () => {
  test.each(Object.keys(settings.fleet.roles))('%s: every document keeps within 2,048 characters', (role) => {
    const documents = documentsOf(role)

    expect(documents.length).toBeGreaterThan(0)
    for (const document of documents) {
      expect(JSON.stringify(document).replace(/\s/g, '').length).toBeLessThanOrEqual(MAX_POLICY_CHARACTERS)
    }
  })

  test.each(Object.keys(settings.fleet.roles))('%s: the service takes every document', (role) => {
    for (const document of documentsOf(role)) expect(() => compilePolicy(document, role)).not.toThrow()
  })

  test('the agent publishes requests and reads its own replies, and nobody else’s', () => {
    expect(decide('agent', 'iot:Connect', 'client/lamp-1')).toBe('allowed')
    expect(decide('agent', 'iot:Connect', 'client/lamp-2')).not.toBe('allowed')
    expect(decide('agent', 'iot:Publish', 'topic/jamey/conscience/evaluate')).toBe('allowed')
    expect(decide('agent', 'iot:Publish', 'topic/jamey/memory/updates')).not.toBe('allowed')
    expect(decide('agent', 'iot:Receive', 'topic/jamey/responses/lamp-1')).toBe('allowed')
    expect(decide('agent', 'iot:Receive', 'topic/jamey/responses/lamp-2')).not.toBe('allowed')
    expect(decide('agent', 'iot:Subscribe', 'topicfilter/jamey/responses/lamp-1')).toBe('allowed')
    expect(decide('agent', 'iot:Receive', 'topic/org/acme/device/L1/command/edge')).toBe('allowed')
    expect(decide('agent', 'iot:Receive', 'topic/org/acme/device/L2/command/edge')).not.toBe('allowed')
    expect(decide('agent', 'iot:Receive', 'topic/org/globex/device/L1/command/edge')).not.toBe('allowed')
  })

  test('no role opens anything on another endpoint of the account', () => {
    const elsewhere = 'a0123456789abc-ats.iot.ap-southeast-1.amazonaws.com'
    expect(decide('agent', 'iot:Connect', 'client/lamp-1', elsewhere)).not.toBe('allowed')
    expect(decide('agent', 'iot:Publish', 'topic/jamey/conscience/evaluate', elsewhere)).not.toBe('allowed')
  })

  test('the observer sends nothing', () => {
    expect(decide('observer', 'iot:Receive', 'topic/jamey/events/status')).toBe('allowed')
    expect(decide('observer', 'iot:Subscribe', 'topicfilter/jamey/events/#')).toBe('allowed')
    for (const rule of Object.values(resources('AWS::IoT::TopicRule'))) {
      const topic = /FROM '([^']+)'/.exec(JSON.stringify(rule.Properties))?.[1]
      expect(decide('observer', 'iot:Publish', `topic/${topic}`)).not.toBe('allowed')
    }
  })
})

describe('another root', () => {
  const other = synthesizeStack({ root: 'acme', fleetFile: writeFleet() })

  test('changes every rule, policy, grant and variable: nothing of the default one is left', () => {
    expect(JSON.stringify(other.template.toJSON())).not.toContain('jamey')
  })

  test('is what rules read and the publisher writes', () => {
    const rules = Object.values(other.resources('AWS::IoT::TopicRule')).map(({ Properties }) =>
      JSON.stringify(Properties),
    )
    const [document] = documentsOf('agent', other)

    // those of devices and of connections stand outside of every root
    for (const rule of rules) expect(rule).toMatch(/FROM '(acme|org\/\+\/device|\$aws\/events\/presence)\//)
    expect(JSON.stringify(document)).toContain(':topic/acme/conscience/evaluate')
    expect(JSON.stringify(other.resources('AWS::IAM::Policy'))).toContain(':topic/acme/responses/*')
  })
})

describe('registered at deployment', () => {
  test('no device at all is a fleet too', () => {
    const fleetFile = writeFleet([])

    const { template: empty } = synthesizeStack({ fleetFile })

    onTestFinished(() => rmSync(fleetFile))
    empty.resourceCountIs('AWS::IoT::Thing', 0)
    expect(JSON.stringify(empty.findResources('AWS::IAM::Policy'))).not.toContain('iot:UpdateThing')
  })
})

/** A fleet whose devices do not bear the name of the default root. */
function writeFleet(devices: unknown[] = [{ clientId: 'lamp-1', role: 'agent', organizationId: 'acme' }]): string {
  const file = join(mkdtempSync(join(tmpdir(), 'bridge-fleet-')), 'fleet.json')
  writeFileSync(file, JSON.stringify({ roles: settings.fleet.roles, devices }))
  return file
}
