import jwt from 'jsonwebtoken'
import { describe, expect, test } from 'vitest'
import { deviceTokenSource } from '#device/index.ts'
import { deriveDeviceSecret, deviceKeyText } from '#keys/index.ts'
import { readTokenTimes, tokenAgeMs } from '../../../device/token/token-times.ts'

const MASTER = 'm'.repeat(32)
const request = { reason: 'connect', signal: new AbortController().signal } as const
const NOW_MS = 1_800_000_000_000

describe('a device issues its own token', () => {
  const options = {
    clientId: 'jamey-instance-1',
    deviceKey: deviceKeyText(MASTER, 'jamey-instance-1', 3),
    permissions: ['${root}/#', '!pub:${root}/api/requests'],
    lifetimeSeconds: 120,
    nowMs: () => NOW_MS,
  }

  test('which verifies with the secret that the master gives, for itself, with its key id and times', async () => {
    const token = await deviceTokenSource(options)(request)

    const secret = deriveDeviceSecret(MASTER, 'jamey-instance-1', 3)
    const { header, payload } = jwt.verify(token, secret, {
      algorithms: ['HS256'],
      complete: true,
      clockTimestamp: NOW_MS / 1_000,
    })
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: 'device-3' })
    expect(payload).toEqual({
      sub: 'jamey-instance-1',
      iat: NOW_MS / 1_000,
      exp: NOW_MS / 1_000 + 120,
      permissions: options.permissions,
    })
  })

  test.each([
    ['a bare secret', { deviceKey: 's'.repeat(64) }, /device key must read/],
    ['a client id that is none', { clientId: 'a b' }, /claims of the token: sub/],
    [
      'too many permissions',
      { permissions: Array.from({ length: 65 }, () => 'a') },
      /claims of the token: permissions/,
    ],
    ['a lifetime that is no whole number', { lifetimeSeconds: 1.5 }, /lifetimeSeconds/],
  ])('%s is refused at once', (_, change, message) => {
    expect(() => deviceTokenSource({ ...options, ...change })).toThrow(
      expect.objectContaining({ code: 'configuration_invalid', message: expect.stringMatching(message) }),
    )
  })
})

describe('the times of a token', () => {
  const token = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

  test('are read without verifying it', () => {
    expect(readTokenTimes(token({ iat: 100, exp: 400, name: 'ü' }))).toEqual({
      issuedAtMs: 100_000,
      expiresAtMs: 400_000,
    })
  })

  test.each(['', 'opaque', 'a.b.c', token({}), token({ iat: 400, exp: 400 }), token({ iat: '1', exp: 2 }), token([])])(
    'are unknown in %j',
    (text) => {
      expect(readTokenTimes(text)).toBeUndefined()
    },
  )

  test('tell its age by the time of day, unless that is plainly wrong', () => {
    const times = { issuedAtMs: 100_000, expiresAtMs: 400_000 }

    expect(tokenAgeMs(times, 150_000)).toBe(50_000)
    expect(tokenAgeMs(times, 99_000)).toBe(0)
    expect(tokenAgeMs(times, 3_600_000)).toBe(0)
  })
})
