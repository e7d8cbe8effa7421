import { awsSdk } from './aws-sdk.ts'
import type { Contestant } from './contestant.ts'
import { mqttJs, mqttJsWithoutDelay } from './mqtt-js.ts'
import { ours } from './ours.ts'

/** In the order of the tables. Ratios are against the third, the bare client at its best. */
export const CONTESTANTS: readonly Contestant[] = [ours, mqttJs, mqttJsWithoutDelay, awsSdk]
export const BARE = mqttJsWithoutDelay

export function contestantNamed(name: string): Contestant {
  const found = CONTESTANTS.find((contestant) => contestant.name === name)
  if (!found) throw new Error(`no contestant is named ${name}`)
  return found
}
