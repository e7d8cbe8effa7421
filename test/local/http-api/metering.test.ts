import { expect, test } from 'vitest'
import { createMeter } from '#local/meter/index.ts'
import { openHttpApi } from './set-up.ts'

const KB = 1024

test('requests that reach a route are metered in steps of 512 KB; what is not let in is free', async () => {
  const { count, read } = createMeter()
  const routes = [{ routeKey: 'POST /open' }, { routeKey: 'POST /signed', authorizationType: 'AWS_IAM' as const }]
  const { url } = await openHttpApi({ routes, count })
  await fetch(`${url}/open`, { method: 'POST', body: 'x' })
  await fetch(`${url}/open`, { method: 'POST', body: 'x'.repeat(512 * KB + 1) })
  expect((await fetch(`${url}/signed`, { method: 'POST' })).status).toBe(403)
  expect((await fetch(`${url}/nothing`)).status).toBe(404)

  expect(read()['httpApi.requests']).toEqual({ 'POST /open': 3 })
})
