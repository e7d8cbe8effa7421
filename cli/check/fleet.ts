import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  compilePolicyDocuments,
  DEFAULT_ROOT,
  effectiveRights,
  type Fleet,
  isBridgeError,
  POLICY_LIMITS,
  parseFleet,
} from '#contract/index.ts'
import { type Finding, type Problem, problem, quotaFinding } from '#local/check/index.ts'

const DEFAULT_FLEET_FILE = 'fleet.json'
/** The longest identifier of the contract, which is the longest client id of IoT Core. */
const LONGEST_IDENTIFIER = 128
/** As long as they get: the documents hold them in every statement. */
const LONGEST_ARN = 'arn:aws-us-gov:iot:ap-northeast-1:000000000000'

/** What the fleet file would exceed, for devices that no template knows yet. `context` are the settings of the stack. */
export function checkFleet(projectFolder: string, context: Readonly<Record<string, unknown>>): Problem[] {
  const file = String(context.fleetFile ?? DEFAULT_FLEET_FILE)
  const root = String(context.root ?? DEFAULT_ROOT)
  const told = (finding: Finding): Problem => problem({ logicalId: '', type: file }, finding)
  const path = resolve(projectFolder, file)
  if (!existsSync(path)) return [told({ code: 'fleet_invalid', what: `there is no file ${path}` })]
  try {
    const fleet = parseFleet(JSON.parse(readFileSync(path, 'utf8')), root)
    return [...roleFindings(fleet, root), ...deviceFindings(fleet)].map(told)
  } catch (error) {
    return [told({ code: 'fleet_invalid', what: error instanceof Error ? error.message : String(error) })]
  }
}

function roleFindings({ roles }: Fleet, root: string): Finding[] {
  return Object.entries(roles).flatMap(([name, { permissions }]): Finding[] => {
    const longest = longestIdentifier((length) => fits(permissions, root, length))
    if (longest === LONGEST_IDENTIFIER) return []
    const { documents, charactersPerDocument } = POLICY_LIMITS
    const room = `${documents} × ${charactersPerDocument.toLocaleString('en-US')} characters`
    const what = `role "${name}" fits into ${room} for identifiers of up to ${longest} characters, of ${LONGEST_IDENTIFIER}`
    return [{ code: 'role_policies_large', what }]
  })
}

function fits(permissions: readonly string[], root: string, length: number): boolean {
  const [clientId, organizationId, deviceId] = ['c', 'o', 'd'].map((letter) => letter.repeat(length))
  const identity = { clientId: clientId ?? '', organizationId: organizationId ?? '', deviceId: deviceId ?? '' }
  try {
    const lists = { rolePermissions: permissions, tokenPermissions: permissions }
    compilePolicyDocuments(identity.clientId, effectiveRights({ root, identity, ...lists }), LONGEST_ARN)
    return true
  } catch (error) {
    if (isBridgeError(error) && error.code === 'policy_too_large') return false
    throw error
  }
}

/** Documents only grow with the identifiers. */
function longestIdentifier(fitsAt: (length: number) => boolean): number {
  let [low, high] = [1, LONGEST_IDENTIFIER]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fitsAt(middle)) low = middle
    else high = middle - 1
  }
  return low
}

/** With what the registrar adds to a thing: role, organization and device. */
const ADDED_ATTRIBUTES = 3

function deviceFindings({ devices }: Fleet): Finding[] {
  return devices.flatMap(({ clientId, attributes }) => {
    const count = Object.keys(attributes).length + ADDED_ATTRIBUTES
    return quotaFinding('attributesWithType', count, `device "${clientId}": `) ?? []
  })
}
