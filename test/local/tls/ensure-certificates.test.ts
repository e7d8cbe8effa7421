import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CertificateSet, ensureCertificates } from '#local/tls/index.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const START_MS = Math.floor(Date.now() / 1000) * 1000

let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'tls-'))
  folder = path.join(parent, 'certificates')
})
afterEach(() => rmSync(parent, { recursive: true }))

const ensure = (nowMs = START_MS, log?: (entry: { name: string }) => void) =>
  ensureCertificates({ folder, clock: { nowMs: () => nowMs }, ...(log === undefined ? {} : { log }) })

const read = (file: string) => new X509Certificate(readFileSync(file))
const contents = (set: CertificateSet) =>
  [set.caFile, set.certFile, set.keyFile, set.clientCertFile, set.clientKeyFile].map((file) =>
    readFileSync(file, 'utf8'),
  )

describe('ensureCertificates', () => {
  test('creates authority, server and client certificate with private modes', async () => {
    const issued: string[] = []
    const set = await ensure(START_MS, (entry) => issued.push(entry.name))

    expect(set.created).toBe(true)
    expect(set.expiresAt).toEqual(new Date(START_MS + 90 * DAY_MS))
    expect(issued).toEqual(['ca', 'server', 'client'])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(readdirSync(folder).sort()).toEqual([
      'ca-key.pem',
      'ca.pem',
      'client-key.pem',
      'client.pem',
      'server-key.pem',
      'server.pem',
    ])
    for (const name of ['ca-key.pem', 'server-key.pem', 'client-key.pem']) {
      expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600)
    }
  })

  test('fills in names, purposes and lifetimes', async () => {
    const set = await ensure()
    const [ca, server, client] = [read(set.caFile), read(set.certFile), read(set.clientCertFile)]

    expect(ca.ca).toBe(true)
    expect(Date.parse(ca.validTo)).toBe(START_MS + 365 * DAY_MS)
    expect(server.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(server.ca || client.ca).toBe(false)
    expect(server.checkIssued(ca) && client.checkIssued(ca)).toBe(true)
  })

  test('keeps what is valid', async () => {
    const first = contents(await ensure())
    const again = await ensure(START_MS + 82 * DAY_MS)

    expect(again.created).toBe(false)
    expect(contents(again)).toEqual(first)
  })

  test('renews end certificates within 7 days of their end under the same authority', async () => {
    const first = contents(await ensure())
    const renewed = await ensure(START_MS + 83 * DAY_MS + 1)
    const [ca, certificate] = contents(renewed)

    expect(renewed.created).toBe(true)
    expect(ca).toBe(first[0])
    expect(certificate).not.toBe(first[1])
    expect(renewed.expiresAt).toEqual(new Date(Math.floor((START_MS + 173 * DAY_MS) / 1000) * 1000))
  })

  test('renews everything when the authority is about to end', async () => {
    const first = contents(await ensure())
    const issued: string[] = []
    await ensure(START_MS + 359 * DAY_MS, (entry) => issued.push(entry.name))

    expect(issued).toEqual(['ca', 'server', 'client'])
    expect(readFileSync(path.join(folder, 'ca.pem'), 'utf8')).not.toBe(first[0])
  })

  test('issues nothing that outlives its authority', async () => {
    await ensure()
    const set = await ensure(START_MS + 300 * DAY_MS)

    expect(set.expiresAt).toEqual(new Date(START_MS + 365 * DAY_MS))
  })

  test.each([
    ['a certificate that is no PEM', 'server.pem', ['server']],
    ['a key that is no PEM', 'server-key.pem', ['server']],
    ['a broken authority', 'ca.pem', ['ca', 'server', 'client']],
  ])('replaces %s', async (_title, name, expected) => {
    await ensure()
    writeFileSync(path.join(folder, name), 'broken')
    const issued: string[] = []
    await ensure(START_MS, (entry) => issued.push(entry.name))

    expect(issued).toEqual(expected)
  })

  test('replaces a certificate whose key is another', async () => {
    const set = await ensure()
    writeFileSync(set.keyFile, readFileSync(set.clientKeyFile))

    const issued: string[] = []
    await ensure(START_MS, (entry) => issued.push(entry.name))
    expect(issued).toEqual(['server'])
  })

  test('takes access by others from a folder that exists', async () => {
    await ensure()
    chmodSync(folder, 0o755)
    await ensure()

    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })
})

describe('the files', () => {
  test.each(['localhost', '127.0.0.1'])('serve TLS 1.3 with client certificates on %s', async (host) => {
    const set = await ensure()
    const ca = readFileSync(set.caFile)
    const server = createServer({
      cert: readFileSync(set.certFile),
      key: readFileSync(set.keyFile),
      ca,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>
    const { port } = server.address() as AddressInfo
    const socket = connect({
      host,
      port,
      ca,
      cert: readFileSync(set.clientCertFile),
      key: readFileSync(set.clientKeyFile),
    })
    await once(socket, 'secureConnect')
    const [peer] = await accepted

    expect(socket.authorized).toBe(true)
    expect(socket.getProtocol()).toBe('TLSv1.3')
    expect(peer.authorized).toBe(true)
    expect(peer.getPeerCertificate().subject.CN).toBe('local client')

    socket.destroy()
    server.close()
    await once(server, 'close')
  })

  test.skipIf(!existsSync('/usr/bin/openssl'))('satisfy openssl verify in strict mode', async () => {
    const set = await ensure()
    const verify = (purpose: string, file: string) =>
      execFileSync('openssl', ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', set.caFile, file], {
        encoding: 'utf8',
        stdio: 'pipe',
      })

    expect(verify('sslserver', set.certFile)).toBe(`${set.certFile}: OK\n`)
    expect(verify('sslclient', set.clientCertFile)).toBe(`${set.clientCertFile}: OK\n`)
    expect(() => verify('sslclient', set.certFile)).toThrow()
  })
})
