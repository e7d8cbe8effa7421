import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { KeyedCertificate } from './issue.ts'

const FOLDER_MODE = 0o700
const KEY_MODE = 0o600
const CERTIFICATE_MODE = 0o644

export interface CertificateFiles {
  readonly certificateFile: string
  readonly privateKeyFile: string
}

/** A pair read from disk whose key belongs to its certificate. */
export interface StoredCertificate extends KeyedCertificate {
  readonly parsed: X509Certificate
  readonly expiresAtMs: number
}

/** Creates the folder, or takes group and world access from an existing one: it holds private keys. */
export async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
  await chmod(folder, FOLDER_MODE)
}

/** Reads a pair; undefined when a file is missing, unreadable as PEM, or the key is not the certificate's. */
export async function readPair(files: CertificateFiles): Promise<StoredCertificate | undefined> {
  try {
    const certificate = await readFile(files.certificateFile, 'utf8')
    const privateKey = await readFile(files.privateKeyFile, 'utf8')
    const parsed = new X509Certificate(certificate)
    if (!parsed.checkPrivateKey(createPrivateKey(privateKey))) return undefined
    return { certificate, privateKey, parsed, expiresAtMs: Date.parse(parsed.validTo) }
  } catch {
    return undefined
  }
}

/** Writes key and certificate, each atomically. A crash between leaves a pair that readPair does not accept. */
export async function writePair(files: CertificateFiles, pair: KeyedCertificate): Promise<StoredCertificate> {
  await writeAtomically(files.privateKeyFile, pair.privateKey, KEY_MODE)
  await writeAtomically(files.certificateFile, pair.certificate, CERTIFICATE_MODE)
  const parsed = new X509Certificate(pair.certificate)
  return { ...pair, parsed, expiresAtMs: Date.parse(parsed.validTo) }
}

async function writeAtomically(file: string, content: string, mode: number): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}`)
  try {
    await writeFile(temporary, content, { mode, flag: 'wx' })
    await rename(temporary, file)
  } catch (failure) {
    await rm(temporary, { force: true })
    throw failure
  }
}
