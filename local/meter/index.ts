export { BILLED_ITEMS, type Billed, type BilledItem, type Count, createMeter, type Meter, uncounted } from './meter.ts'
export { STEP_BYTES, stepsOf } from './steps.ts'
