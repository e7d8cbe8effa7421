import {
  type EffectiveRights,
  effectiveRights,
  type GrantableTopic,
  IDENTIFIER_PATTERN,
  type Identity,
  TOPIC_LIMITS,
} from '#contract/index.ts'

/** Of one device, or the stand-ins of any. */
export interface RightsInput {
  root: string
  identity: Identity
  rolePermissions: readonly string[]
  tokenPermissions: readonly string[]
  catalogue: readonly GrantableTopic[]
}

/** The rights that two lists of permissions have in common, for any device whose ids stand nowhere in them. */
export interface RightsPlan {
  /** Ids that stand for those of any device, and their rights. */
  readonly standIn: { readonly identity: Identity; readonly rights: EffectiveRights }
  /** Undefined for a device that the plan does not hold for: its rights are worked out directly. */
  rightsOf(identity: Identity): EffectiveRights | undefined
}

const NAMES = ['clientId', 'organizationId', 'deviceId'] as const
/** Legal identifiers; a list in which one stands as text makes no plan. */
const STAND_INS = { clientId: ':client-id:', organizationId: ':organization-id:', deviceId: ':device-id:' } as const
const PREFIX = /^!?(pub:|sub:|retain:)?/

/**
 * Works rights out once, with stand-ins for the ids of the device. {@link effectiveRights} only compares levels for being the same, so what it finds
 * for the stand-ins holds for every device whose ids differ from one another and from all levels that are written out, and are not so long
 * that a topic outgrows its limit. Undefined where a placeholder is only a part of its level. Throws permission_invalid.
 */
export function planRights(input: RightsInput): RightsPlan | undefined {
  const { root, catalogue, rolePermissions, tokenPermissions } = input
  const identity = standInFor(input.identity)
  const texts = [
    ...catalogue.map(({ levels }) => levels.map((level) => (level.startsWith('{') ? `$${level}` : level)).join('/')),
    ...[...rolePermissions, ...tokenPermissions].map((text) => text.replace(PREFIX, '').replaceAll('${root}', root)),
  ]
  const levels = new Set(texts.flatMap((text) => text.split('/')))
  for (const name of NAMES) levels.delete(`\${${name}}`)
  const rights = effectiveRights({ ...input, identity })
  // a device's id in such a level makes a text that nobody has looked at; a stand-in that is written out is no stand-in
  if ([...levels].some((level) => level.includes('${')) || NAMES.some((name) => levels.has(STAND_INS[name]))) {
    return undefined
  }
  const mostCharacters = Math.min(...texts.map(roomForAnId))
  const templates = {
    publish: rights.publish.map(readTemplate),
    retain: rights.retain.map(readTemplate),
    receive: rights.receive.map(readTemplate),
    subscribe: rights.subscribe.map(readTemplate),
  }
  return {
    standIn: { identity, rights },
    rightsOf(device) {
      const ids = NAMES.flatMap((name) => device[name] ?? [])
      const isOrdinary = ids.every(
        (id, index) =>
          id.length <= mostCharacters && !levels.has(id) && ids.indexOf(id) === index && IDENTIFIER_PATTERN.test(id),
      )
      if (!isOrdinary) return undefined
      const filled = (list: readonly Template[]) => list.map((template) => fill(template, device)).sort()
      return {
        publish: filled(templates.publish),
        retain: filled(templates.retain),
        receive: filled(templates.receive),
        subscribe: filled(templates.subscribe),
      }
    },
  }
}

/** Which ids a device has makes a difference: a pattern with one that is missing stands for no topic. */
function standInFor(identity: Identity): Identity {
  return {
    clientId: STAND_INS.clientId,
    ...(identity.organizationId !== undefined && { organizationId: STAND_INS.organizationId }),
    ...(identity.deviceId !== undefined && { deviceId: STAND_INS.deviceId }),
  }
}

/** How long the ids of a device may be for this text to stay within the limit of a topic. */
function roomForAnId(text: string): number {
  const parts = text.split(/\$\{\w+\}/)
  const room = TOPIC_LIMITS.maxBytes - Buffer.byteLength(parts.join(''))
  return parts.length === 1 ? Number.POSITIVE_INFINITY : Math.floor(room / (parts.length - 1))
}

/** A text without ids, or its levels, some of which are ids. */
type Template = string | readonly (string | { id: (typeof NAMES)[number] })[]

function readTemplate(text: string): Template {
  const levels = text.split('/').map((level) => {
    const id = NAMES.find((name) => STAND_INS[name] === level)
    return id === undefined ? level : { id }
  })
  return levels.some((level) => typeof level === 'object') ? levels : text
}

function fill(template: Template, device: Identity): string {
  if (typeof template === 'string') return template
  return template.map((level) => (typeof level === 'string' ? level : device[level.id])).join('/')
}
