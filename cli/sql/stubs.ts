import type { ExternalFunctions, JsonValue, RuleMessage } from '#local/iot-sql/index.ts'

/** A stub of this value fails. */
const FAILS = 'fails'

export type Stubs = Readonly<Record<string, JsonValue>>

/** The answer that a case gives for a function, in whatever case the name is written. */
export function stubOf(stubs: Stubs, name: string): JsonValue | undefined {
  const key = Object.keys(stubs).find((one) => one.toLowerCase().replace(/\(.*\)$/, '') === name)
  return key === undefined ? undefined : stubs[key]
}

/** External functions that answer what a case says; one without stub fails. */
export function stubbedFunctions(stubs: Stubs): ExternalFunctions {
  return {
    async call({ function: name }) {
      const answer = stubOf(stubs, name)
      if (answer === undefined) throw new TypeError(`${name}: expected a stub, got none`)
      if (answer === FAILS) throw new Error(`${name}: the stub fails`)
      return answer
    },
  }
}

/** Facts of the message that a case gives as stubs of the functions which tell them. */
export function stubbedFacts(stubs: Stubs): Partial<RuleMessage> {
  const texts = {
    clientId: stubOf(stubs, 'clientid'),
    principal: stubOf(stubs, 'principal'),
    sourceIp: stubOf(stubs, 'sourceip'),
    traceId: stubOf(stubs, 'traceid'),
    accountId: stubOf(stubs, 'accountid'),
  }
  const timestampMs = stubOf(stubs, 'timestamp')
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, value]) => typeof value === 'string')),
    ...(typeof timestampMs === 'number' && { timestampMs }),
  }
}
