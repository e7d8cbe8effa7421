export { costPage } from './page.ts'
export { withScalingTables } from './scaling-tables.ts'
