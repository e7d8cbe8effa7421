import { setTimeout as pause } from 'node:timers/promises'
import { createAskDevice } from '../shared/asking/ask-device.ts'
import { createAskDependencies } from '../shared/asking/asking-parts.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { httpEnvironment } from './env.ts'
import { createHttpGate } from './handler.ts'

const observer = createObserver('http')
const dependencies = createAskDependencies(readEnvironment(httpEnvironment), observer)

export const handler = createHttpGate({
  ...dependencies,
  // over HTTP callers look for the outcome themselves: nobody is told
  ask: createAskDevice({ ...dependencies, tellOutcome: async () => {} }),
  pause: (ms) => pause(ms),
})
