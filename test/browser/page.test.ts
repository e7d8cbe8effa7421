import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PageServer, startPage } from '../../examples/browser/server.ts'
import { type BreakingProxy, createBreakingProxy } from '../device/harness/breaking-proxy.ts'
import { type Bridge, startBridge } from '../e2e/harness/index.ts'
import { CHROMIUM, FLAGS, isLeftOut } from './chromium.ts'

const CLIENT_ID = 'jamey-instance-2'

describe.skipIf(isLeftOut)('the device client in Chromium, over WebSocket', () => {
  let bridge: Bridge
  let proxy: BreakingProxy
  let server: PageServer
  let browser: Browser
  let page: Page
  let tokens = 0
  const problems: string[] = []

  beforeAll(async () => {
    bridge = await startBridge()
    const mqttUrl = bridge.runtime.endpoints.wss
    if (mqttUrl === undefined) throw new Error('no WebSocket endpoint')
    const url = new URL(mqttUrl)
    const port = Number(url.port)
    // Chromium's own offline mode leaves WebSockets alone
    proxy = await createBreakingProxy(() => port)
    url.port = String(proxy.port)
    server = await startPage({
      port: 0,
      mqttUrl: url.href,
      clientId: CLIENT_ID,
      async issueToken() {
        tokens += 1
        return bridge.token(CLIENT_ID)
      },
    })
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
    // the development authority is in no store
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    page = await context.newPage()
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await page.goto(server.url)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await proxy?.[Symbol.asyncDispose]()
    await bridge?.[Symbol.asyncDispose]()
  })

  test('connects with a token of its server', async () => {
    await page.locator('#state', { hasText: /^connected$/ }).waitFor()
    expect(tokens).toBe(1)
  })

  test('asks and shows the typed answer', async () => {
    await page.getByRole('button', { name: 'Evaluate' }).click()
    await page.locator('#result', { hasText: 'approved (0.25)' }).waitFor()
  })

  test('hears what is shared with all devices', async () => {
    await using device = await bridge.connect()
    await device.send('jamey/conscience/evaluate', { action: 'water the plants', context: '' })
    await page.locator('#shared li', { hasText: 'water the plants' }).waitFor()
  })

  test('comes back with a new token when the connection is lost', async () => {
    const before = tokens
    proxy.refuse()
    await page.locator('#state', { hasText: 'reconnecting' }).waitFor()
    proxy.mend()
    await page.locator('#state', { hasText: /^connected$/ }).waitFor()

    expect(tokens).toBeGreaterThan(before)
    await page.getByRole('button', { name: 'Evaluate' }).click()
    await page.locator('#result', { hasText: 'approved (0.25)' }).waitFor()
  })

  test('without an error in the page', () => {
    // what the browser itself says of the cut connection
    expect(problems.filter((problem) => !/WebSocket connection to .* failed/.test(problem))).toEqual([])
  })
})
