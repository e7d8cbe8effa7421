/** https://docs.aws.amazon.com/lambda/latest/api/API_Event.html; times in seconds since the epoch, as the API has them. */
export interface HistoryEvent {
  readonly EventId: number
  readonly EventType: string
  readonly EventTimestamp: number
  readonly Id?: string | undefined
  readonly ParentId?: string | undefined
  readonly Name?: string | undefined
  readonly SubType?: string | undefined
  readonly [details: string]: unknown
}

export const seconds = (ms: number): number => ms / 1_000
