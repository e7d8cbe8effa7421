import * as z from 'zod'
import { requestEnvironment } from '../shared/settings.ts'

/** Variables of every function that judges. */
export const judgingEnvironment = z.object({
  RULE_TABLE: z.string().min(1),
})

export const conscienceEnvironment = requestEnvironment.extend(judgingEnvironment.shape)

/** Name of the file with the rules that deployment puts beside the bundle. */
export const RULES_FILE = 'rules.json'
