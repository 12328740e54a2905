// Preloaded into the Auth emulator. It makes a validator for each parameter of its API, and every one of them compiles the
// schema of JSON Schema first, to check that a schema of this pinned release is a schema: 6 of the 7 s in which it starts.
// Requests are validated as before.
const { default: Ajv } = require('ajv/dist/core')

Ajv.prototype.validateSchema = () => true
