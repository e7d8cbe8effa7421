import { expect, test } from 'vitest'
import { createAskOverHttp } from '../../../cli/simulate/ask-over-http.ts'

const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' }
const aws = { region: 'us-east-1', credentials }

function asking(status: number, body: unknown) {
  const calls: { url: string; authorization: string }[] = []
  const fetch = async (url: URL, { headers }: { headers: Record<string, string> }) => {
    calls.push({ url: String(url), authorization: headers.authorization ?? '' })
    return new Response(JSON.stringify(body), { status })
  }
  return { calls, http: createAskOverHttp({ aws, requestsUrl: 'https://api.test/', fetch: fetch as never }) }
}

test('signs what it asks, and tells an answer from a request that is still open and a refusal', async () => {
  const { calls, http } = asking(200, { status: 200 })
  expect(await http.ask('lamp', {}, 30)).toEqual({ outcome: 'answered', answer: { status: 200 } })
  expect(calls).toEqual([
    {
      url: 'https://api.test/devices/lamp/requests?deadline_seconds=30',
      authorization: expect.stringContaining('/us-east-1/execute-api/aws4_request'),
    },
  ])

  const pending = asking(504, { code: 'device_answer_pending', location: '/requests/1' })
  expect(await pending.http.ask('lamp', {}, 30)).toEqual({ outcome: 'open', location: '/requests/1' })
  const offline = asking(503, { code: 'device_offline', location: '/requests/1' })
  expect(await offline.http.ask('lamp', {}, 30)).toEqual({ outcome: 'refused', code: 'device_offline' })
  expect(await asking(403, { message: 'Forbidden' }).http.ask('lamp', {}, 30)).toEqual({
    ...{ outcome: 'refused', code: 'http_status_403' },
  })
})

test('an API that is not there is an error of the command', async () => {
  const fetch = () => Promise.reject(new TypeError('fetch failed'))
  const http = createAskOverHttp({ aws, requestsUrl: 'https://api.test', fetch })
  await expect(http.ask('lamp', {}, 30)).rejects.toMatchObject({ code: 'requests_api_unreachable' })
})
