import { requestEnvironment } from '../shared/settings.ts'

export const publisherEnvironment = requestEnvironment
