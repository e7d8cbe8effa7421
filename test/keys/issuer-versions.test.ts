import { expect, test } from 'vitest'
import { readIssuerVersions, type SecretStage } from '#keys/index.ts'

const versionOf = (kid: string) => JSON.stringify({ kid, secret: kid.repeat(40) })

/** A store that is rotated after its first answer, and that answers what it is asked at once in the order given. */
function rotatedBetween(order: readonly SecretStage[], labels: Map<SecretStage, string>) {
  const asked = new Map<SecretStage, (text: string | undefined) => void>()
  let hasAnswered = false
  function answerAll(): void {
    for (const stage of order) {
      const resolve = asked.get(stage)
      if (!resolve) continue
      asked.delete(stage)
      resolve(labels.get(stage))
      if (hasAnswered) continue
      hasAnswered = true
      labels.set('AWSPREVIOUS', labels.get('AWSCURRENT') ?? '').set('AWSCURRENT', versionOf('new'))
    }
  }
  return (stage: SecretStage) => {
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    asked.set(stage, resolve)
    queueMicrotask(answerAll)
    return promise
  }
}

const ORDERS: SecretStage[][] = [
  ['AWSCURRENT', 'AWSPREVIOUS'],
  ['AWSPREVIOUS', 'AWSCURRENT'],
]

test.each(ORDERS)('a rotation while the versions are read (%s first) hides no key that signs', async (...order) => {
  const first = new Map<SecretStage, string>([['AWSCURRENT', versionOf('signing')]])
  expect((await readIssuerVersions(rotatedBetween(order, first))).map(({ kid }) => kid)).toContain('signing')
  const later = new Map(first).set('AWSCURRENT', versionOf('signing')).set('AWSPREVIOUS', versionOf('old'))
  expect((await readIssuerVersions(rotatedBetween(order, later))).map(({ kid }) => kid)).toContain('signing')
})

test('the current version comes first, and a new secret has no other', async () => {
  const versions: Partial<Record<SecretStage, string>> = { AWSCURRENT: versionOf('b'), AWSPREVIOUS: versionOf('a') }
  expect((await readIssuerVersions(async (stage) => versions[stage])).map(({ kid }) => kid)).toEqual(['b', 'a'])
  delete versions.AWSPREVIOUS
  expect((await readIssuerVersions(async (stage) => versions[stage])).map(({ kid }) => kid)).toEqual(['b'])
})
