import * as z from 'zod'
import { IDENTIFIER_PATTERN } from '#contract/index.ts'
import { judgingEnvironment } from '../conscience/env.ts'
import { finisherEnvironment } from '../shared/settings.ts'

export const reviewEnvironment = finisherEnvironment.extend({
  ...judgingEnvironment.shape,
  /** Asks the device. */
  REQUESTER_FUNCTION: z.string().min(1),
  /** Client id of the device that decides. */
  REVIEW_OPERATOR: z.string().regex(IDENTIFIER_PATTERN),
  /** How long it has for that. */
  REVIEW_DECISION_SECONDS: z.coerce.number().int().min(1),
})
