import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { bridgeError, describeIssue, type Roles, rolesSchema } from '#contract/index.ts'
import { ROLES_FILE } from './settings.ts'

/** Reads a JSON file that was deployed beside the bundle (`LAMBDA_TASK_ROOT`). */
export function readDeployedFile(name: string, folder = process.env.LAMBDA_TASK_ROOT ?? '.'): unknown {
  return JSON.parse(readFileSync(resolve(folder, name), 'utf8'))
}

/** The roles of the fleet. Throws configuration_invalid when the file does not hold them. */
export function readRoles(folder?: string): Roles {
  const parsed = rolesSchema.safeParse(readDeployedFile(ROLES_FILE, folder))
  if (!parsed.success) throw bridgeError('configuration_invalid', { problem: describeIssue(parsed.error) })
  return parsed.data
}
