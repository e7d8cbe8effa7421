// A page as a device: MQTT over WebSocket, typed by the contract, with tokens from the server of the page.
// outside of this checkout: from 'mqtt-cloud-bridge/device'
import { connect, isDeviceError, jamey } from '#device/browser.ts'

interface Settings {
  url: string
  clientId: string
}

const element = <Type extends HTMLElement>(id: string) => document.getElementById(id) as Type
const text = async (path: string, init?: RequestInit) => {
  const response = await fetch(path, init)
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response.text()
}

const settings = JSON.parse(await text('/settings')) as Settings
const bridge = await connect(jamey, {
  ...settings,
  // called before every connection and every renewal; the page holds no key
  token: () => text('/token', { method: 'POST' }),
  session: 'clean',
  startOffline: true,
})

const showState = () => {
  element('state').textContent = bridge.state.status
}
bridge.onState(showState)
showState()

await bridge.on('conscience/results', (result) => {
  const item = document.createElement('li')
  item.textContent = `${result.action}: ${result.approved ? 'approved' : 'refused'}`
  element('shared').append(item)
})

element<HTMLFormElement>('evaluate').addEventListener('submit', (event) => {
  event.preventDefault()
  void evaluate(new FormData(event.currentTarget as HTMLFormElement))
})

async function evaluate(form: FormData): Promise<void> {
  const result = element('result')
  result.textContent = '…'
  try {
    const answer = await bridge.request(
      'conscience/evaluate',
      {
        action: String(form.get('action')),
        context: String(form.get('context')),
      },
      { replyTopic: 'responses/{clientId}' },
    )
    result.textContent = `${answer.approved ? 'approved' : 'refused'} (${answer.moral_score})\n${answer.explanation}`
  } catch (error) {
    result.textContent = isDeviceError(error) ? `${error.code}: ${error.message}` : String(error)
  }
}
