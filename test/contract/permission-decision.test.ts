import { describe, expect, test } from 'vitest'
import { type PermissionAction, permissionDecision } from '#contract/index.ts'

const identity = { clientId: 'me', organizationId: 'acme' }
const permissions = [
  'sub:${root}/responses/${clientId}',
  'jamey/events/#',
  '!jamey/events/errors',
  'retain:jamey/events/status',
  '$share/workers/jamey/memory/#',
  'org/${organizationId}/device/${deviceId}/#',
]

const decide = (action: PermissionAction, name: string) =>
  permissionDecision({ root: 'jamey', identity, permissions }, action, name)

describe('permissionDecision', () => {
  test.each<[PermissionAction, string, boolean, string | undefined]>([
    ['subscribe', 'jamey/responses/me', true, 'sub:${root}/responses/${clientId}'],
    ['publish', 'jamey/responses/me', false, undefined],
    ['subscribe', 'jamey/responses/you', false, undefined],
    ['publish', 'jamey/events/heartbeat', true, 'jamey/events/#'],
    ['retain', 'jamey/events/heartbeat', false, undefined],
    ['retain', 'jamey/events/status', true, 'retain:jamey/events/status'],
    ['publish', 'jamey/events/errors', false, '!jamey/events/errors'],
    ['receive', 'jamey/events/errors', false, '!jamey/events/errors'],
    ['subscribe', 'jamey/events/errors', false, '!jamey/events/errors'],
    ['subscribe', 'jamey/events/#', true, 'jamey/events/#'],
    ['subscribe', 'jamey/#', false, undefined],
    ['subscribe', '$share/any/jamey/events/#', true, 'jamey/events/#'],
    ['subscribe', '$share/workers/jamey/memory/updates', true, '$share/workers/jamey/memory/#'],
    ['subscribe', '$share/others/jamey/memory/updates', false, undefined],
    ['subscribe', 'jamey/memory/updates', false, undefined],
    ['receive', 'jamey/memory/updates', true, '$share/workers/jamey/memory/#'],
    ['subscribe', '$aws/events/#', false, undefined],
  ])('%s %s: %s', (action, name, allowed, pattern) => {
    expect(decide(action, name)).toEqual({
      allowed,
      ...(pattern !== undefined && { pattern }),
      reason: expect.stringContaining(pattern ?? `no pattern covers ${name} for ${action}`),
    })
  })

  test.each<[PermissionAction, string, string]>([
    ['publish', 'jamey/+/status', 'holds no wildcard'],
    ['retain', '', 'not empty'],
    ['subscribe', 'jamey/#/x', '# stands alone'],
    ['receive', '1/2/3/4/5/6/7/8/9', 'at most 7 slashes'],
  ])('%s %s is refused for what it is: %s', (action, name, reason) => {
    expect(decide(action, name)).toEqual({ allowed: false, reason: expect.stringContaining(reason) })
  })

  test('refuses a list with an illegal pattern', () => {
    const scope = { root: 'jamey', identity, permissions: ['jamey/#', 'jamey/#/x'] }
    expect(() => permissionDecision(scope, 'publish', 'jamey/events/status')).toThrow(
      expect.objectContaining({ code: 'permission_invalid' }),
    )
  })
})
