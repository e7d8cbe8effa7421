import { createAskDevice } from '../shared/asking/ask-device.ts'
import { createAskDependencies } from '../shared/asking/asking-parts.ts'
import { createAwsWaiters } from '../shared/asking/aws-waiters.ts'
import { createTellOutcome } from '../shared/asking/tell-outcome.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { requesterEnvironment } from './env.ts'
import { createRequester } from './handler.ts'

const observer = createObserver('requester')
const dependencies = createAskDependencies(readEnvironment(requesterEnvironment), observer)
const tellOutcome = createTellOutcome({ requests: dependencies.requests, waiters: createAwsWaiters(), observer })

export const handler = createRequester({ ask: createAskDevice({ ...dependencies, tellOutcome }), observer })
