import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHere } from '../e2e/harness/index.ts'
import { isLeftOut } from './chromium.ts'
import { type ConsoleBench, createConsoleBench } from './console-bench.ts'

const VIEWS = [
  'messages',
  'requests',
  'clients',
  'refusals',
  'rules',
  'functions',
  'queues',
  'workflows',
  'plots',
  'send',
]
const EVALUATE = 'jamey/conscience/evaluate'
const OWN = 'jamey/responses/jamey-instance-1'
const payload = { action: 'Delete user data', context: 'User requested account deletion' }
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

describe.skipIf(isLeftOut)('the console', () => {
  let bench: ConsoleBench
  beforeAll(async () => {
    bench = await createConsoleBench()
  })
  afterAll(async () => {
    expect(bench?.problems).toEqual([])
    await bench?.[Symbol.asyncDispose]()
  })

  test("a device's request appears within 200 ms, with all steps in order", async () => {
    const page = await bench.open('messages')
    await using device = await bench.bridge.connect()
    // warm, so that only the way to the page is measured
    await device.request(EVALUATE, payload, { reply_to: OWN })
    const marker = `marked ${Date.now()}`
    const appeared = page.evaluate<number>(`new Promise((resolve) => {
      const isThere = () => document.querySelector('.virtual')?.textContent.includes(${JSON.stringify(marker)})
      const look = () => (isThere() ? resolve(Date.now()) : requestAnimationFrame(look))
      look()
    })`)
    const sentAtMs = Date.now()
    const reply = await device.request(EVALUATE, { ...payload, context: marker }, { reply_to: OWN })
    expect((await appeared) - sentAtMs).toBeLessThan(200)

    await page.locator('.line', { hasText: marker }).first().click()
    await page.getByRole('link', { name: 'What became of it' }).click()
    const steps = page.locator('.timeline .step')
    await page.locator('.step', { hasText: 'deliver' }).waitFor()
    const kinds = await steps.locator('.kind').allTextContents()
    const order = ['publish', 'rule', 'action', 'invoke', 'destination', 'deliver']
    expect(order.map((kind) => kinds.indexOf(kind))).toEqual(
      order.map((kind) => kinds.indexOf(kind)).toSorted((a, b) => a - b),
    )
    expect(order.every((kind) => kinds.includes(kind))).toBe(true)
    expect(await page.locator('.timeline').getByText('allowed: iot:Publish').first().isVisible()).toBe(true)
    expect(reply.topic).toBe(OWN)
    await page.context().close()
  })

  test('a refused subscribe shows its reason', async () => {
    const page = await bench.open('refusals')
    await using device = await bench.bridge.connect({ clientId: 'jamey-instance-2' })
    await expect(device.subscribe('nobody/#')).rejects.toMatchObject({ code: 0x87 })
    const row = page.locator('tr', { hasText: 'nobody/#' })
    await row.waitFor()
    expect(await row.textContent()).toMatch(
      /subscribe.*refused.*jamey-instance-2.*implicitDeny: iot:Subscribe.*no statement matches/,
    )
    await page.context().close()
  })

  test('what waits in a dead-letter queue is sent back', async () => {
    await using device = await bench.bridge.connect()
    await device.request('jamey/api/requests', { method: 'GET', path: '/throw' })
    await bench.bridge.runtime.idle()
    const page = await bench.open('queues/api')
    await page
      .getByRole('row', { name: /handler_failed|Error/ })
      .first()
      .waitFor()
    writeFileSync(join(bench.apiFolder, 'mended'), '')
    await page.getByRole('button', { name: 'Send all back' }).click()
    await page.getByText('1 sent back, 0 failed, 0 kept').waitFor()
    await page.getByText('Nothing waits here.').waitFor()
    await page.context().close()
  })

  test('the bench for statements agrees with bridge sql', async () => {
    await using device = await bench.bridge.connect()
    await device.request(EVALUATE, { ...payload, context: 'for the bench' }, { reply_to: OWN })
    const page = await bench.open('messages')
    await page.locator('.line', { hasText: 'for the bench' }).first().click()
    const text = (await page.locator('.details pre').first().textContent()) ?? ''
    await page.getByRole('link', { name: 'Try a statement on it' }).click()
    const sql = `SELECT payload.context AS said, topic(2) AS part, clientid() AS who FROM '${EVALUATE}'`
    await page.getByLabel('Statement').fill(sql)
    await page.getByRole('button', { name: 'Run' }).click()
    const answer = JSON.parse((await page.locator('.bench pre').textContent()) ?? '')
    const args = [
      'sql',
      '--sql',
      sql,
      '--topic',
      EVALUATE,
      '--client-id',
      'jamey-instance-1',
      '--payload',
      text,
      '--json',
    ]
    expect(answer.result).toEqual({ said: 'for the bench', part: 'conscience', who: 'jamey-instance-1' })
    expect(JSON.parse((await runHere(args)).stdout).result).toEqual(answer.result)
    await page.context().close()
  })

  test('a form made from the contract asks, and shows the answer or the refusal', async () => {
    const page = await bench.open('send')
    await page.getByLabel('action').fill('Help a neighbour')
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.locator('.bench pre', { hasText: 'moral_score' }).waitFor()
    await page.getByLabel('action').fill('')
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.locator('.bench pre', { hasText: 'invalid_payload' }).waitFor()
    await page.context().close()
  })

  test('functions, clients and workflows are told', async () => {
    await using device = await bench.bridge.connect({ clientId: 'jamey-instance-2' })
    await device.request('jamey/conscience/review', { action: 'Help a neighbour', context: '' })
    const page = await bench.open('clients')
    const row = page.getByRole('row', { name: /jamey-instance-2/ })
    await row.waitFor()
    expect(await row.textContent()).toMatch(/connected.*MQTT 5.*jamey\/responses\/jamey-instance-2/)
    await show(page, 'functions/mqtt-cloud-bridge-dev-review')
    await page.getByRole('row', { name: /dev-review/ }).waitFor()
    await page.locator('.log', { hasText: 'REPORT RequestId' }).waitFor()
    await show(page, 'workflows')
    await page
      .getByRole('row', { name: /durable function/ })
      .getByRole('link')
      .click()
    await page.getByRole('row', { name: /evaluate/ }).waitFor()
    await page.context().close()
  })

  test.each([
    ['1,280 px, light', { viewport: { width: 1_280, height: 800 }, colorScheme: 'light' }],
    ['390 px, dark', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' }],
  ] as const)(
    'no view has a serious fault for who sees or moves otherwise (%s), nor is it wider than the window',
    async (_, options) => {
      const page = await bench.open('messages', options)
      await page.evaluate(AXE)
      for (const view of VIEWS) {
        await show(page, view)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await page.locator('.quiet', { hasText: /^loading/ }).waitFor({ state: 'detached' })
        const { violations } = await page.evaluate<Findings>('axe.run()')
        const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        expect(serious.map(({ id, nodes }) => `${view}: ${id} ${nodes[0]?.html}`)).toEqual([])
        const width = await page.evaluate<number>('document.documentElement.scrollWidth')
        expect(width, view).toBeLessThanOrEqual(options.viewport.width)
        const folder = process.env.CONSOLE_SCREENSHOTS
        if (folder !== undefined) await page.screenshot({ path: join(folder, `${options.viewport.width}-${view}.png`) })
      }
      await page.context().close()
    },
  )

  test('all of it is reached by the keyboard', async () => {
    const page = await bench.open('requests')
    await page.getByRole('link', { name: 'Clients' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Clients' }).waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate<string>('document.activeElement.textContent')).toContain('Refusals')
    await page.context().close()
  })

  test('a page of another origin reads nothing and changes nothing, and puts it in no frame', async () => {
    const { origin, hash } = new URL(bench.server.url)
    const page = await (await bench.open('messages')).context().newPage()
    await page.goto('data:text/html,<p>another page</p>')
    const read = await page.evaluate(
      ([url, token]) =>
        fetch(`${url}/api/overview`, { headers: { 'x-console-token': token ?? '' } }).then(
          (response) => `read ${response.status}`,
          () => 'blocked',
        ),
      [origin, hash.slice(1)],
    )
    expect(read).toBe('blocked')
    await page.context().close()
  })

  test('at a thousand messages a second the page answers, and says that it shows a sample', async () => {
    const page = await bench.open('messages')
    let isOver = false
    let sent = 0
    const flood = (async () => {
      while (!isOver) {
        const burst = Array.from({ length: 25 }, (_, index) =>
          bench.publish('jamey/announcements', JSON.stringify({ index })),
        )
        await Promise.all(burst)
        sent += burst.length
        // a burst for each frame that the page draws
        await page.evaluate('new Promise(requestAnimationFrame)')
      }
    })()
    await page.getByText(/sampled: \d+ came too fast/).waitFor()
    const frames = await page.evaluate<number>(`new Promise((resolve) => {
      let count = 0
      const end = performance.now() + 2_000
      const frame = () => {
        count += 1
        if (performance.now() < end) requestAnimationFrame(frame)
        else resolve(count)
      }
      requestAnimationFrame(frame)
    })`)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Go on' }).waitFor()
    isOver = true
    await flood
    expect(sent).toBeGreaterThan(1_000)
    // ten frames a second still answer a hand
    expect(frames).toBeGreaterThan(20)
    expect(await page.locator('.virtual .row').count()).toBeLessThan(80)
    await page.context().close()
  })
})

interface Findings {
  violations: { id: string; impact: string; nodes: { html: string }[] }[]
}

async function show(page: Page, view: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(`#/${view}`)}`)
}
