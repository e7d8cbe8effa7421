export { costPage } from './page.ts'
