export { type AsyncApiOptions, asyncApiDocument } from './document.ts'
export { documents, jsonText, SCHEMAS_FOLDER } from './documents.ts'
export { VIEWS, type View } from './operations.ts'
export { schemaFiles } from './schema-files.ts'
