import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readSigningKeys } from '../../lib/signing-keys.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const privatePem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ type: 'spki', format: 'pem' })
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' })

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-keys-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'keys.pem')
  writeFileSync(file, text)
  return file
}

test('a key keeps its name when others come and go', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ type: 'spki', format: 'pem' })

  const [name] = Object.keys(readSigningKeys(fileWith(publicPem)))
  const both = readSigningKeys(fileWith(`${other}\n${publicPem}`))

  expect(Object.keys(both)).toHaveLength(2)
  expect(both[name ?? '']).toBe(publicPem)
})

test.each([
  ['a file that is not there', () => '/no/such/file', 'there is no such file'],
  ['no PEM', () => fileWith('abc'), 'expected public keys in PEM'],
  ['a private key', () => fileWith(privatePem), 'holds a private key'],
  ['both keys of a pair', () => fileWith(publicPem + privatePem), 'holds a private key'],
  ['1,024 bits', () => fileWith(String(short)), 'at least 2048 bits'],
  ['an elliptic curve', () => fileWith(String(curve)), 'expected RSA keys'],
  ['a broken key', () => fileWith(publicPem.replace(/MIIB.{40}/, 'MIIB')), 'expected public keys in PEM'],
])('%s is refused by name', (_, file, reason) => {
  const path = file()

  expect(() => readSigningKeys(path)).toThrow(
    expect.objectContaining({ code: 'configuration_invalid', message: expect.stringContaining(reason) }),
  )
})
