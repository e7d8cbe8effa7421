export { requesterEnvironment } from '../shared/settings.ts'
