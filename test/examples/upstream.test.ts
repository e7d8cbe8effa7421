import { describe, expect, test } from 'vitest'
import { startUpstream } from '../../examples/upstream/server.ts'

async function started() {
  const upstream = await startUpstream()
  return {
    upstream,
    get: (path: string) => fetch(upstream.url + path),
    post: (path: string, body: unknown, key?: string) =>
      fetch(upstream.url + path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: key === undefined ? {} : { 'idempotency-key': key },
      }),
    [Symbol.asyncDispose]: () => upstream.close(),
  }
}

const RULE = { name: 'care', description: 'Help others', weight: 4 }

describe('the example upstream', () => {
  test('is healthy', async () => {
    await using api = await started()

    expect(await (await api.get('/public/health')).json()).toEqual({
      status: 'ok',
      service: 'Jamey 3.0',
      version: '3.0.0',
    })
  })

  test('lists its rules and takes new ones', async () => {
    await using api = await started()

    const answer = await api.post('/rules', RULE)

    expect([answer.status, await answer.text()]).toEqual([201, ''])
    expect(await (await api.get('/rules')).json()).toMatchObject([{ name: 'no-harm' }, { name: 'truth' }, RULE])
  })

  test('scores whole words of an action', async () => {
    await using api = await started()

    expect(await (await api.post('/evaluate', { action: 'I am honest and truthful' })).json()).toEqual({
      score: 6,
      action: 'I am honest and truthful',
    })
    expect(await (await api.post('/evaluate', { action: 'hello world' })).json()).toMatchObject({ score: 0 })
  })

  test('has one effect for repeats of a key, and one for each without', async () => {
    await using api = await started()

    const first = await (await api.post('/evaluate', { action: 'honest' }, 'k1')).text()
    expect(await (await api.post('/evaluate', { action: 'honest' }, 'k1')).text()).toBe(first)
    expect(api.upstream.effects()).toBe(1)
    await api.post('/evaluate', { action: 'honest' }, 'k2')
    await api.post('/rules', RULE, 'k1')
    await api.post('/rules', RULE)
    await api.post('/rules', RULE)

    expect(await (await api.get('/public/effects')).json()).toEqual({ effects: 5 })
  })

  test.each([
    ['/rules', { ...RULE, weight: 101 }, 400],
    ['/rules', { ...RULE, name: '' }, 400],
    ['/rules', { ...RULE, description: 7 }, 400],
    ['/evaluate', {}, 400],
    ['/evaluate', '', 400],
    ['/evaluate', '{', 400],
    ['/evaluate', { action: 'x'.repeat(1_001) }, 400],
    ['/evaluate', 'x'.repeat(70_000), 413],
    ['/constructor', {}, 404],
    ['/public/health', {}, 405],
  ])('refuses POST %s of %o with %d and has no effect', async (path, body, status) => {
    await using api = await started()

    expect((await api.post(path, body)).status).toBe(status)
    expect(api.upstream.effects()).toBe(0)
  })

  test('lets go of its port', async () => {
    const first = await startUpstream()
    await first.close()
    await first.close()

    const second = await startUpstream({ port: Number(new URL(first.url).port) })

    expect(second.url).toBe(first.url)
    await second.close()
  })
})
