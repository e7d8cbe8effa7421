import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { apiEnvironment } from '#functions/api/env.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'))
  writeFileSync(join(folder, 'roles.json'), JSON.stringify({ agent: { permissions: ['x/#'] } }))
  vi.stubEnv('LAMBDA_TASK_ROOT', folder)
  for (const name of ['CORRELATION_TABLE', 'DEVICE_TABLE', 'MEMORY_TABLE', 'STATUS_TABLE']) vi.stubEnv(name, 'any')
  vi.stubEnv('TOPIC_ROOT', 'jamey')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  vi.unstubAllEnvs()
  vi.resetModules()
})

describe('a deployed function', () => {
  test.each([
    ['api', () => import('#functions/api/index.ts')],
    ['memory', () => import('#functions/memory/index.ts')],
    ['events', () => import('#functions/events/index.ts')],
  ])('%s starts with its variables', async (_, load) => {
    expect((await load()).handler).toBeTypeOf('function')
  })

  test('api does not start with roles that are none', async () => {
    writeFileSync(join(folder, 'roles.json'), '{"agent":{}}')

    await expect(import('#functions/api/index.ts')).rejects.toMatchObject({ code: 'configuration_invalid' })
  })

  test('events does not start without its table', async () => {
    vi.stubEnv('STATUS_TABLE', undefined)

    await expect(import('#functions/events/index.ts')).rejects.toMatchObject({ code: 'configuration_invalid' })
  })
})

describe('the variables of api', () => {
  const given = { TOPIC_ROOT: 'jamey', CORRELATION_TABLE: 'c', DEVICE_TABLE: 'd' }

  test('name no upstream and 8 s by default', () => {
    expect(apiEnvironment.parse(given)).toMatchObject({ API_UPSTREAM_URL: '', API_TIMEOUT_MS: 8_000 })
    expect(apiEnvironment.parse({ ...given, API_UPSTREAM_URL: '' }).API_UPSTREAM_URL).toBe('')
  })

  test.each([
    ['API_UPSTREAM_URL', 'api.example.com'],
    ['API_UPSTREAM_URL', 'ftp://api.example.com'],
    ['API_UPSTREAM_URL', 'https://user:pass@api.example.com'],
    ['API_UPSTREAM_URL', 'https://api.example.com/?a=b'],
    ['API_UPSTREAM_URL', 'https://api.example.com/#a'],
    ['API_TIMEOUT_MS', '0'],
    ['API_TIMEOUT_MS', '9001'],
    ['API_TIMEOUT_MS', 'soon'],
  ])('refuse %s=%s', (name, value) => {
    expect(apiEnvironment.safeParse({ ...given, [name]: value }).success).toBe(false)
  })
})
