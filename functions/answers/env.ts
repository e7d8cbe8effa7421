import * as z from 'zod'
import { topicEnvironment } from '../shared/settings.ts'

export const answersEnvironment = topicEnvironment.extend({
  CORRELATION_TABLE: z.string().min(1),
})
