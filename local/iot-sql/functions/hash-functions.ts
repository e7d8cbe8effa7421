import { createHash } from 'node:crypto'
import { charge } from '../evaluation/limits.ts'
import { toText } from '../values/convert.ts'
import { md2 } from './md2.ts'
import { define, type SqlFunction } from './sql-function.ts'

/** Digests of a text's UTF-8 bytes, in hexadecimal. */
export const HASH_FUNCTIONS: readonly SqlFunction[] = [
  hash('md2', (text) => {
    // ours and slow, the others are the system's
    charge(text.length * 4)
    return md2(Buffer.from(text)).toString('hex')
  }),
  ...['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'].map((name) =>
    hash(name, (text) => createHash(name).update(text).digest('hex')),
  ),
]

function hash(name: string, digest: (text: string) => string): SqlFunction {
  return define(name, 1, ([value]) => {
    const text = toText(value)
    return text === undefined ? undefined : digest(text)
  })
}
