import { requestEnvironment } from '../shared/settings.ts'

/** It publishes what others decided, so which topics are open for replies is not its business. */
export const publisherEnvironment = requestEnvironment.omit({ SHARED_REPLIES: true })
