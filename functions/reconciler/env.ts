import { finisherEnvironment } from '../shared/settings.ts'

export const reconcilerEnvironment = finisherEnvironment
