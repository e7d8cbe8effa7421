import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bundleAll } from '../../lib/bundles.ts'
import { readSettings } from '../../lib/settings.ts'
import { PROJECT_FOLDER } from './project.ts'

function settingsOf(context: Readonly<Record<string, unknown>>) {
  return readSettings((name) => context[name], PROJECT_FOLDER)
}

/** What reading these settings says, as `code: message`. */
function refusal(context: Readonly<Record<string, unknown>>): string {
  try {
    settingsOf(context)
  } catch (error) {
    const { code, message } = error as Error & { code: string }
    return `${code}: ${message}`.replaceAll(PROJECT_FOLDER, '<project>').replace(/\/tmp\/[^/]+/, '<tmp>')
  }
  throw new Error('the settings were taken')
}

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'fleet.json')
  writeFileSync(file, text)
  return file
}

describe('defaults', () => {
  test('need no context at all', () => {
    const { fleet, ...settings } = settingsOf({})

    expect(fleet.devices.length).toBeGreaterThan(0)
    expect(settings).toMatchInlineSnapshot(`
      {
        "alarmTopicArn": undefined,
        "apiUpstreamUrl": "",
        "certificateOnly": false,
        "conscienceRulesFile": "functions/conscience/rules.json",
        "events": false,
        "fleetFile": "fleet.json",
        "httpsPublish": false,
        "iotLogging": true,
        "isProduction": false,
        "issuerRotationDays": 30,
        "jwksAudience": "",
        "jwksFile": "",
        "jwksIssuer": "",
        "jwksUrl": "",
        "mutualTls": false,
        "presence": true,
        "requestsJwtAudience": "",
        "requestsJwtIssuer": "",
        "reservedConcurrency": 0,
        "reviewDecisionSeconds": 3600,
        "reviewOperator": "operator-1",
        "reviewStateMachine": undefined,
        "reviewStateMachineFile": "",
        "root": "jamey",
        "runbookUrl": "docs/RUNBOOK.md",
        "sharedReplies": [],
        "stage": "dev",
        "tokenLifetimeSeconds": 300,
        "tokenSigningKeys": undefined,
        "tokenSigningKeysFile": undefined,
        "xray": false,
      }
    `)
  })

  test('every stage but dev is production', () => {
    expect(settingsOf({ stage: 'dev' }).isProduction).toBe(false)
    expect(settingsOf({ stage: 'test' }).isProduction).toBe(true)
  })

  test('the command line gives text where cdk.json may give numbers and booleans', () => {
    const fromText = settingsOf({ tokenLifetimeSeconds: '120', mutualTls: 'true', iotLogging: 'false' })
    const fromJson = settingsOf({ tokenLifetimeSeconds: 120, mutualTls: true, iotLogging: false })

    expect(fromText).toEqual(fromJson)
    expect(fromText).toMatchObject({ tokenLifetimeSeconds: 120, mutualTls: true, iotLogging: false })
  })

  test('shared topics for replies are a comma list', () => {
    expect(settingsOf({ sharedReplies: 'api/responses' }).sharedReplies).toEqual(['api/responses'])
  })
})

describe('what is wrong is named', () => {
  test('a root that is not one to three plain topic levels', () => {
    expect(refusal({ root: '$aws' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: root: Invalid string: must match pattern /^(?=.{1,64}$)[A-Za-z0-9_-]+(\\/[A-Za-z0-9_-]+){0,2}$/"`,
    )
    for (const root of ['', '/', 'a//b', 'a/#', 'a+', 'a/b/c/d', 'x'.repeat(65), 7]) {
      expect(refusal({ root })).toContain('configuration_invalid: the configuration is not valid: root: ')
    }
  })

  test('a stage that no resource could be named after', () => {
    expect(refusal({ stage: 'Prod' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: stage: Invalid string: must match pattern /^(?=.{1,16}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/"`,
    )
    expect(refusal({ stage: 'a--b' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: stage: Invalid string: must match pattern /^(?=.{1,16}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/"`,
    )
  })

  test('an upstream that is no HTTP URL', () => {
    expect(refusal({ apiUpstreamUrl: 'ftp://files.example' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: apiUpstreamUrl: Invalid URL"`,
    )
  })

  test('a lifetime out of range, a flag that is none, a topic that is not for shared replies', () => {
    expect(refusal({ tokenLifetimeSeconds: 59 })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: tokenLifetimeSeconds: Too small: expected number to be >=60"`,
    )
    expect(refusal({ tokenLifetimeSeconds: 'soon' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: tokenLifetimeSeconds: Invalid input: expected number, received NaN"`,
    )
    expect(refusal({ mutualTls: 'yes' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: mutualTls: Invalid input"`,
    )
    expect(refusal({ sharedReplies: 'api/answers' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: sharedReplies: expected a comma list of api/responses"`,
    )
    expect(refusal({ sharedReplies: 'conscience/evaluate' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: sharedReplies: expected a comma list of api/responses"`,
    )
    expect(refusal({ reservedConcurrency: -1 })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: reservedConcurrency: Too small: expected number to be >=0"`,
    )
    expect(refusal({ alarmTopicArn: 'operators' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: alarmTopicArn: Invalid string: must start with "arn:""`,
    )
  })

  test('an address for keys that is not https, two sources of keys, an interval of no days', () => {
    expect(refusal({ jwksUrl: 'http://id.example.com/jwks.json' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: jwksUrl: expected an https URL without user name"`,
    )
    expect(refusal({ jwksUrl: 'https://id.example.com/jwks.json', jwksFile: 'jwks.json' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: expected jwksUrl or jwksFile, got both"`,
    )
    expect(refusal({ issuerRotationDays: 0 })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: issuerRotationDays: Too small: expected number to be >=1"`,
    )
  })

  test('a fleet file that is not there or not JSON', () => {
    expect(refusal({ fleetFile: 'no-such-fleet.json' })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: there is no file <project>/no-such-fleet.json"`,
    )
    expect(refusal({ fleetFile: fileWith('{') })).toMatchInlineSnapshot(
      `"configuration_invalid: the configuration is not valid: <tmp>/fleet.json is not JSON"`,
    )
  })

  test('a device with a role that is not defined', () => {
    const fleet = {
      roles: { agent: { permissions: ['${root}/#'] } },
      devices: [{ clientId: 'lamp-1', role: 'captain' }],
    }

    expect(refusal({ fleetFile: fileWith(JSON.stringify(fleet)) })).toMatchInlineSnapshot(
      `"fleet_invalid: the fleet file is not valid: device "lamp-1" has the undefined role "captain""`,
    )
  })

  test('a role whose pattern is not legal', () => {
    const fleet = { roles: { agent: { permissions: ['${root}/#/x'] } }, devices: [] }

    expect(refusal({ fleetFile: fileWith(JSON.stringify(fleet)) })).toMatchInlineSnapshot(
      `"fleet_invalid: the fleet file is not valid: role "agent": permission "\${root}/#/x" is not valid: # stands alone in the last level of a topic filter"`,
    )
  })

  test('conscience rules that are not there', async () => {
    const settings = { ...settingsOf({}), conscienceRulesFile: 'no-such-rules.json' }

    await expect(bundleAll(settings, PROJECT_FOLDER)).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining('no-such-rules.json'),
    })
  })
})
