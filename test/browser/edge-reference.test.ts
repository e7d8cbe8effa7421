import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Edge } from '#edge/index.ts'
import { createEdgeBench, type EdgeBench } from '../edge/harness/edge-bench.ts'
import { CHROMIUM, FLAGS, isLeftOut } from './chromium.ts'

describe.skipIf(isLeftOut)('the reference of the edge service in Chromium', () => {
  let bench: EdgeBench
  let edge: Edge
  let browser: Browser
  let page: Page
  const requested: string[] = []
  const problems: string[] = []

  beforeAll(async () => {
    bench = await createEdgeBench()
    edge = await bench.start()
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
    page = await browser.newPage()
    page.on('request', (request) => requested.push(request.url()))
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await page.goto(`${edge.url}/docs`)
  })
  afterAll(async () => {
    await browser?.close()
    await bench?.[Symbol.asyncDispose]()
  })

  test('shows every call with its description', async () => {
    await page.locator('.opblock').first().waitFor()
    const document = (await (await fetch(`${edge.url}/openapi.json`)).json()) as {
      openapi: string
      paths: Record<string, object>
    }
    const count = Object.values(document.paths).flatMap((methods) => Object.keys(methods)).length

    expect(document.openapi).toBe('3.1.0')
    expect(await page.locator('.opblock').count()).toBe(count)
    expect(await page.getByText('Have the messages of a topic posted to a callback').isVisible()).toBe(true)
    if (process.env.EDGE_SCREENSHOT !== undefined)
      await page.screenshot({ path: process.env.EDGE_SCREENSHOT, fullPage: true })
  })

  test('makes a call from the page, and shows the answer', async () => {
    const health = page.locator('#operations-Programs-health')
    await health.locator('.opblock-summary').click()
    await health.getByRole('button', { name: 'Execute' }).click()
    await health.locator('.live-responses-table', { hasText: edge.instanceId }).waitFor()
  })

  test('asks nobody but the service itself, and without an error', () => {
    expect(requested.filter((url) => !url.startsWith(edge.url) && !url.startsWith('data:'))).toEqual([])
    expect(problems).toEqual([])
  })
})
