import * as z from 'zod'
import { requestEnvironment } from '../shared/settings.ts'

/** What runs under the name of a workflow. */
export const workflowTarget = z.object({
  /** Of a version of a durable function, or of a state machine: which engine it is stands in it. */
  arn: z.string().regex(/^arn:[^:]+:(lambda|states):/, 'expected the ARN of a durable function or of a state machine'),
  /** How long repeats wait for an execution before one of them may start again. Longer than an execution can last. */
  running_seconds: z.coerce.number().int().min(1),
})

export const starterEnvironment = requestEnvironment.extend({
  /** JSON: name of a workflow → its target. */
  WORKFLOWS: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        context.addIssue({ code: 'custom', message: 'expected JSON' })
        return z.NEVER
      }
    })
    .pipe(z.record(z.string(), workflowTarget)),
})

export type WorkflowTarget = z.infer<typeof workflowTarget>
