/** Ways through the bridge, each as it is measured by test/e2e/cost.test.ts: once, with functions that are warm. */
export const PATHS = {
  connect: 'A device connects with a token, subscribes to its private topic and goes within a minute; presence is off.',
  presence: 'What following a client adds to that: it connects, goes, and is gone for good.',
  publish: 'A device publishes a status that nobody answers.',
  heartbeat: 'A device publishes a heartbeat at QoS 0.',
  conscience: 'A device asks for an evaluation and is answered on its private topic.',
  'memory store': 'A device stores a memory; the notification of the others is published too.',
  'memory query': 'A device asks for memories; one is found.',
  api: 'A device calls the upstream API.',
  refusal: 'A device is told that its payload is not valid.',
  replay: 'A device sends a request again and gets the stored reply.',
  workflow: 'A request is answered by a durable function that asks nobody.',
  'workflow with device': 'The same, where it asks a device and waits for the answer.',
  'state machine with device': 'A request is answered by a state machine that asks a device.',
  'http waiting': 'A program asks a device over HTTP and waits; the device has answered when the record is read first.',
  'http accepted': 'A program asks a device over HTTP, gets 202, and looks once when the device has answered.',
  events: 'What the events bus adds to a request that is answered.',
} as const satisfies Readonly<Record<string, string>>

export type PathName = keyof typeof PATHS
