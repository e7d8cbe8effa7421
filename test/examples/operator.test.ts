import { expect, test } from 'vitest'
import { PROJECT_FOLDER } from '../e2e/harness/assembly.ts'
import { runExample } from './run-example.ts'

const FILE = `${PROJECT_FOLDER}/examples/operator/operator.ts`

test('the operator tells how it is called, and refuses to approve and reject alike', async () => {
  await using help = runExample(FILE, ['--help'], {})
  expect(await help.exitCode).toBe(0)
  expect(help.out.all.join('\n')).toContain('y [reason]   approve')

  await using wrong = runExample(FILE, ['--approve', '--reject'], {})
  expect(await wrong.exitCode).toBe(2)
  expect(wrong.err.all[0]).toBe('usage: expected --approve or --reject, got both')
})
