import { afterAll, beforeAll } from 'vitest'
import { type Bridge, startBridge } from '../e2e/harness/index.ts'
import { testService } from './suites/index.ts'

let bridge: Bridge
beforeAll(async () => {
  bridge = await startBridge()
  const { apiUrl, region, credentials, mqttUrl, caFile } = bridge.runtime
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: apiUrl,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    BRIDGE_TEST_MQTT_URL: mqttUrl,
    BRIDGE_TEST_CA_FILE: caFile,
  })
})
afterAll(() => bridge?.[Symbol.asyncDispose]())

testService('local runtime')
