export { parityDocument } from './document.ts'
