/**
 * Generic MQTT rules for topic names and filters, with the limits of AWS IoT Core. No application topic stands here.
 *
 * IoT Core differs from the MQTT standard in one point, kept by every function below: `a/#` does not match `a`.
 */

/** Limits of a topic name or filter. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
export const TOPIC_LIMITS = { maxBytes: 256, maxSlashes: 7 } as const

const utf8 = new TextEncoder()
/** `$share/<group>/<filter>`: the two extra slashes and the prefix do not count toward the limits. */
const SHARED_SUBSCRIPTION = /^\$share\/([^/+#]{1,128})\/(.+)$/s

/** Returns what is wrong with a topic name to publish to, or undefined when it is legal. */
export function validateTopicName(topic: string): string | undefined {
  if (/[+#]/.test(topic)) return 'a topic name holds no wildcard (+ or #)'
  return validateText(topic, 'topic name')
}

/** Returns what is wrong with a topic filter, or undefined when it is legal. Accepts `$share/<group>/<filter>`. */
export function validateTopicFilter(filter: string): string | undefined {
  if (filter.startsWith('$share/')) {
    const shared = parseSharedSubscription(filter)
    return shared ? validateTopicFilter(shared.filter) : 'a shared subscription reads $share/<group>/<filter>'
  }
  const levels = filter.split('/')
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) {
      return '# stands alone in the last level of a topic filter'
    }
    if (level.includes('+') && level !== '+') return '+ stands alone in its level of a topic filter'
  }
  return validateText(filter, 'topic filter')
}

/** Splits `$share/<group>/<filter>`; undefined for any other text. */
export function parseSharedSubscription(filter: string): { group: string; filter: string } | undefined {
  const [, group, inner] = SHARED_SUBSCRIPTION.exec(filter) ?? []
  return group !== undefined && inner !== undefined ? { group, filter: inner } : undefined
}

/**
 * Tells whether a legal filter matches a legal topic name. Case-sensitive; a leading wildcard matches no topic that
 * starts with `$`; `a/#` does not match `a`.
 */
export function matchesTopic(filter: string, topic: string): boolean {
  return containsFilter(filter, topic)
}

/**
 * Tells whether every topic that the filter `inner` can match is matched by `outer`. A topic name is the filter that
 * matches only itself, so this is also the match. `a/+` does not contain `a/#`; `+/b` contains `+/b`, not `$x/b`.
 */
export function containsFilter(outer: string, inner: string): boolean {
  return containsLevels(outer.split('/'), inner.split('/'))
}

/** {@link containsFilter} for filters that are split at their slashes already. */
export function containsLevels(outer: readonly string[], inner: readonly string[]): boolean {
  if ((outer[0] === '+' || outer[0] === '#') && inner[0]?.startsWith('$')) return false
  for (const [index, level] of outer.entries()) {
    const innerLevel = inner[index]
    if (innerLevel === undefined) return false
    if (level === '#') return true
    if (innerLevel === '#') return false
    if (level !== '+' && level !== innerLevel) return false
  }
  return outer.length === inner.length
}

function validateText(text: string, what: string): string | undefined {
  if (text.length === 0) return `a ${what} is not empty`
  if (text.includes('\u0000')) return `a ${what} holds no U+0000`
  const slashes = text.split('/').length - 1
  if (slashes > TOPIC_LIMITS.maxSlashes) {
    return `a ${what} holds at most ${TOPIC_LIMITS.maxSlashes} slashes, got ${slashes}`
  }
  // a UTF-16 unit takes at most three bytes, so most texts need not be encoded
  const bytes = text.length * 3 > TOPIC_LIMITS.maxBytes ? utf8.encode(text).length : text.length
  if (bytes > TOPIC_LIMITS.maxBytes) return `a ${what} takes at most ${TOPIC_LIMITS.maxBytes} bytes, got ${bytes}`
  return undefined
}
