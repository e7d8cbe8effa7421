import { resolve } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { type ConsoleServer, createConsoleRecorder, preparePage, startConsole } from '../../cli/console/index.ts'
import { openTarget } from '../../cli/target.ts'
import {
  announceBridge,
  type Bridge,
  patchedAssembly,
  standBefore,
  startBridge,
  temporaryFolder,
} from '../e2e/harness/index.ts'
import { CHROMIUM, FLAGS } from './chromium.ts'

/** A bridge whose api function fails as its payload says. */
const FAILING_BUNDLE = `
import { existsSync } from 'node:fs'
const { handler: real } = await import('./real.mjs')
export const handler = async (event, context) => {
  const text = Buffer.from(event.payload, 'base64').toString()
  if (text.includes('/throw') && !existsSync(process.env.LAMBDA_TASK_ROOT + '/mended')) throw new Error('deliberate')
  return real(event, context)
}
`

export interface ConsoleBench extends AsyncDisposable {
  bridge: Bridge
  server: ConsoleServer
  /** Where the file `mended` makes the api function work. */
  apiFolder: string
  /** Errors of pages, and what they asked of other hosts. */
  problems: string[]
  /** Publishes from the cloud, as fast as the data plane takes it: the signature is not looked at. */
  publish(topic: string, text: string): Promise<void>
  open(view: string, options?: BrowserContextOptions): Promise<Page>
}

/** A bridge with its console, and a browser for it. */
export async function createConsoleBench(): Promise<ConsoleBench> {
  await using opened = new AsyncDisposableStack()
  const state = opened.use(temporaryFolder())
  let apiFolder = ''
  const assembly = opened.use(
    await patchedAssembly(() => {}, {
      api(folder) {
        apiFolder = folder
        standBefore(folder, FAILING_BUNDLE)
      },
    }),
  )
  const recorder = createConsoleRecorder()
  const bridge = opened.use(await startBridge({ assemblyFolder: assembly.folder, watcher: recorder }))
  announceBridge(bridge, state.path)
  const { runtime } = bridge
  const target = openTarget({ state: state.path })
  const pageFolder = await preparePage(resolve(import.meta.dirname, '../..'), () => {})
  const server = opened.use(await startConsole({ runtime, target, recorder, pageFolder, port: 0 }))
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  opened.defer(() => browser.close())
  const problems: string[] = []
  const own = new URL(server.url).host
  const resources = opened.move()
  return {
    bridge,
    server,
    apiFolder,
    problems,
    async publish(topic, body) {
      const { accessKeyId, sessionToken } = runtime.credentials
      const scope = `${accessKeyId}/20261201/${runtime.region}/iotdata/aws4_request`
      const headers = {
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`,
        'x-amz-security-token': sessionToken,
      }
      const url = `${runtime.apiUrl}/topics/${encodeURIComponent(topic)}?qos=0`
      const response = await fetch(url, { method: 'POST', headers, body })
      if (!response.ok) throw new Error(`the data plane answers ${response.status}: ${await response.text()}`)
    },
    async open(view, options = {}) {
      const page = await (await browser.newContext(options)).newPage()
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
      page.on('request', (request) => new URL(request.url()).host !== own && problems.push(request.url()))
      await page.goto(server.url)
      await page.getByText('live', { exact: true }).waitFor()
      await page.evaluate(`location.hash = ${JSON.stringify(`#/${view}`)}`)
      return page
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
