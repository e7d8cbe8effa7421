import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { privateReplyTopic } from '#contract/index.ts'
import type { Service } from '../service.ts'

const DEVICE = 'cli-request'
const QUESTION = { layer: 'long_term', content: 'the conformance suite was here', tags: ['conformance'] }

/** A request through broker, rule, function, table and publisher, and back. */
export function testRequests(service: () => Service): void {
  const connected = () => service().connect(DEVICE, { subscribe: [privateReplyTopic(service().root, DEVICE)] })

  test('a request is answered once, and a repeat gets the same answer', async () => {
    await using device = await connected()
    const topic = `${service().root}/memory/store`
    const metadata = { correlation_id: randomUUID() }

    const first = await device.request(topic, QUESTION, metadata)
    expect(first.envelope.metadata.status).toBe('ok')
    const second = await device.request(topic, QUESTION, metadata)
    expect(second.envelope.payload).toEqual(first.envelope.payload)
  })

  test('a payload that is wrong is answered with its code', async () => {
    await using device = await connected()
    const { envelope } = await device.request(`${service().root}/memory/store`, { layer: 'nowhere' })

    expect(envelope).toMatchObject({ metadata: { status: 'error' }, payload: { code: 'unknown_layer' } })
  })
}
