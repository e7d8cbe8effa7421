/** Why something is refused: an MQTT 5 reason code and a sentence that may be told to the client. */
export type Refusal = { refused: true; code: number; reason: string }

export function refusal(code: number, reason: string): Refusal {
  return { refused: true, code, reason }
}

export function isRefusal(value: object | undefined): value is Refusal {
  return value !== undefined && 'refused' in value
}
