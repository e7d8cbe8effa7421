import { generateKeyPairSync, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { signedUsername } from '../../cli/gateway-signature.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const pem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-signing-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'key.pem')
  writeFileSync(file, text)
  return file
}

test('the user name names the authorizer and carries the token with a signature that the public key verifies', () => {
  const username = signedUsername('a.b-c_d.e', { authorizerName: 'an-authorizer', keyFile: fileWith(pem) })

  expect(username).toMatch(/^\?x-amz-customauthorizer-name=an-authorizer&token=a\.b-c_d\.e&[^+/ ]+$/)
  const signature = Buffer.from(new URLSearchParams(username).get('x-amz-customauthorizer-signature') ?? '', 'base64')
  expect(verify('RSA-SHA256', Buffer.from('a.b-c_d.e'), keys.publicKey, signature)).toBe(true)
})

test.each([
  ['a file that is not there', () => '/no/such/file', 'there is no such file'],
  ['no PEM', () => fileWith('abc'), 'expected an RSA private key in PEM'],
  ['an elliptic curve', () => fileWith(String(curve)), 'got ec'],
])('%s is refused by name', (_, file, reason) => {
  const keyFile = file()

  expect(() => signedUsername('a', { authorizerName: 'a', keyFile })).toThrow(
    expect.objectContaining({ code: 'signing_key_invalid', message: expect.stringContaining(reason) }),
  )
})
