import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import jwt from 'jsonwebtoken'
import { describe, expect, test } from 'vitest'
import { parseDeviceKey } from '#contract/index.ts'
import { deriveDeviceSecret, deviceKeyId, deviceKeyText, keyVersionOf } from '#keys/index.ts'

const MASTER = 'a-master-secret-of-32-bytes-or-more'

describe('a device key', () => {
  test('is HMAC-SHA256 of client id, zero byte and version in decimal, as base64url text', () => {
    const bytes = Buffer.concat([Buffer.from('sensor-7'), Buffer.from([0]), Buffer.from('12')])

    expect(deriveDeviceSecret(MASTER, 'sensor-7', 12)).toBe(
      createHmac('sha256', MASTER).update(bytes).digest('base64url'),
    )
    expect(deriveDeviceSecret(MASTER, 'sensor-7', 12)).toMatchInlineSnapshot(
      `"Blopi043KdzBE_uS52yl_U2tqR_yvT2sJbCkbpuxekg"`,
    )
  })

  test('is another for every client, version and master', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9:_-]{1,12}$/)
    const one = fc.tuple(id, fc.integer({ min: 1, max: 999 }))
    fc.assert(
      fc.property(one, one, ([clientA, versionA], [clientB, versionB]) => {
        const same = clientA === clientB && versionA === versionB
        expect(deriveDeviceSecret(MASTER, clientA, versionA) === deriveDeviceSecret(MASTER, clientB, versionB)).toBe(
          same,
        )
      }),
    )
    expect(deriveDeviceSecret(MASTER, 'a', 1)).not.toBe(deriveDeviceSecret(`${MASTER}x`, 'a', 1))
  })

  test('is printed with its id, and taken apart into what signs', () => {
    const text = deviceKeyText(MASTER, 'sensor-7', 3)
    const key = parseDeviceKey(`${text}\n`)

    expect(key).toEqual({ kid: 'device-3', secret: deriveDeviceSecret(MASTER, 'sensor-7', 3) })
    const token = jwt.sign({ sub: 'sensor-7' }, key?.secret ?? '', { algorithm: 'HS256' })
    expect(() => jwt.verify(token, deriveDeviceSecret(MASTER, 'sensor-7', 3))).not.toThrow()
  })

  test.each(['', 'device-1', 'device-1.short', `device-0.${'x'.repeat(43)}`, `issuer-1.${'x'.repeat(43)}`])(
    'is not "%s"',
    (text) => {
      expect(parseDeviceKey(text)).toBeUndefined()
    },
  )
})

test.each([
  [deviceKeyId(1), 1],
  ['device-999999999', 999_999_999],
  ['device-0', undefined],
  ['device-01', undefined],
  ['device--1', undefined],
  ['device-1e3', undefined],
  ['device-1\n', undefined],
  ['device-9999999999', undefined],
  ['Device-1', undefined],
  ['issuer-1', undefined],
  [undefined, undefined],
])('key id %j is of version %j', (kid, version) => {
  expect(keyVersionOf(kid)).toBe(version)
})
