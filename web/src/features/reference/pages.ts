// The pages below /docs, which load together.
export { readDocuments } from './document'
export { ReferenceLayout } from './reference-layout'
export { ReferencePage } from './reference-page'
export { VersionsPage } from './versions-page'
