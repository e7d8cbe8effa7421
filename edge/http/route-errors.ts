import { errorAnswer } from './schemas.ts'

/** What every route answers when it fails. */
export const errors = { '4xx': errorAnswer, '5xx': errorAnswer } as const
