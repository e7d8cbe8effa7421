export { type Clock, createSystemClock } from './clock.ts'
export { openState, STATE_VERSION, type State } from './open-state.ts'
export { StateError, type StateErrorCode } from './state-error.ts'
export { inTransaction } from './transaction.ts'
