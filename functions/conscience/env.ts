import { requestEnvironment } from '../shared/settings.ts'

export const conscienceEnvironment = requestEnvironment

/** Name of the file with the rules that deployment puts beside the bundle. */
export const RULES_FILE = 'rules.json'
