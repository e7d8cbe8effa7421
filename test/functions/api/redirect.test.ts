import { describe, expect, test } from 'vitest'
import { answerOf, codeOf } from '../conscience/chain.ts'
import { chainTo, get } from './proxy.ts'
import { startServer } from './upstream-server.ts'

describe('a redirect', () => {
  const redirect = (status: number, location: string) =>
    startServer((request, response) => {
      if (request.url === '/rules') response.writeHead(status, { location }).end('moved')
      else response.end('arrived')
    })

  test.each([301, 302, 303, 307, 308])('with %d is followed inside what the role may reach', async (status) => {
    await using server = await redirect(status, '/public/new?x=1')

    const { payload } = answerOf(await chainTo(server.url)(get('/rules')))

    expect(payload).toMatchObject({ status: 200, body: 'arrived' })
    expect(server.seen.map(({ path }) => path)).toEqual(['/rules', '/public/new?x=1'])
  })

  test('keeps HEAD and turns POST into GET without a body, by 303', async () => {
    await using server = await redirect(303, '/public/new')

    await chainTo(server.url)({ method: 'HEAD', path: '/rules' })
    await chainTo(server.url)({ method: 'POST', path: '/rules', body: { a: 1 } })

    expect(server.seen.map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'POST', 'GET'])
    expect(server.seen[3]).toMatchObject({
      body: '',
      headers: expect.not.objectContaining({ 'content-type': expect.anything() }),
    })
  })

  test.each([301, 302, 307, 308])('with %d is not followed with POST', async (status) => {
    await using server = await redirect(status, '/public/new')

    expect(codeOf(await chainTo(server.url)({ method: 'POST', path: '/rules' }))).toBe('upstream_redirect_refused')
    expect(server.seen).toHaveLength(1)
  })

  test('to another server is refused and never asked', async () => {
    await using elsewhere = await startServer((_, response) => response.end('secret'))
    await using server = await redirect(302, `${elsewhere.url.href}public/x`)

    expect(codeOf(await chainTo(server.url)(get('/rules')))).toBe('upstream_redirect_refused')
    expect(elsewhere.seen).toEqual([])
  })

  test.each(['/admin', '/public/%2e%2e/admin', 'file:///etc/passwd'])(
    'to %s, which the role may not reach, is refused',
    async (location) => {
      await using server = await redirect(302, location)

      expect(codeOf(await chainTo(server.url)(get('/rules')))).toBe('upstream_redirect_refused')
      expect(server.seen).toHaveLength(1)
    },
  )

  test('out of the base path is refused', async () => {
    await using server = await startServer((_, response) => response.writeHead(302, { location: '/v2/rules' }).end())

    expect(codeOf(await chainTo(new URL('/v1', server.url))(get('/rules')))).toBe('upstream_redirect_refused')
  })

  test('to GET is refused for a role without GET', async () => {
    await using server = await redirect(303, '/new')

    expect(codeOf(await chainTo(server.url)({ method: 'POST', path: '/rules' }, { clientId: 'poster' }))).toBe(
      'upstream_redirect_refused',
    )
  })

  test('is followed three times and no fourth', async () => {
    await using server = await startServer((request, response) => {
      const left = Number(request.url?.split('/').at(-1))
      if (left === 0) response.end('arrived')
      else response.writeHead(302, { location: `/public/${left - 1}` }).end()
    })

    expect(answerOf(await chainTo(server.url)(get('/public/3'))).payload.body).toBe('arrived')
    expect(codeOf(await chainTo(server.url)(get('/public/4')))).toBe('upstream_redirect_refused')
  })
})
