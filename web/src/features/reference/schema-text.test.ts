import { expect, test } from 'vitest'

import type { Schema } from './document'
import { limitTexts, objectsIn, typeText } from './schema-text'

const TOKENS: Schema = {
  title: 'TokenCounts',
  type: 'object',
  properties: { input_tokens: { type: 'integer' } },
}
const TREE: Schema = {
  title: 'Tree',
  properties: { children: { items: { $ref: '#/components/schemas/Tree' } } },
}
const COMPONENTS = { schemas: { TokenCounts: TOKENS, Tree: TREE }, responses: {} }
const REFERENCE: Schema = { $ref: '#/components/schemas/TokenCounts' }

test.each<[Schema, string]>([
  [{ type: 'string' }, 'string'],
  [{ type: 'string', format: 'date-time' }, 'string (date-time)'],
  [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, 'integer or null'],
  [{ anyOf: [{ type: 'string' }, { type: 'string' }] }, 'string'],
  [{ enum: ['day', 'hour'] }, '"day", "hour"'],
  [{ const: true }, 'true'],
  [{ type: 'array', items: REFERENCE }, 'array of object'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, 'map of number'],
  [REFERENCE, 'object'],
  [{}, 'any'],
])('the type of %j is %s', (schema, text) => {
  expect(typeText(schema, COMPONENTS)).toBe(text)
})

test('limits and defaults are shown, and a default of null is not', () => {
  expect(limitTexts({ minLength: 1, maxLength: 64, default: 'UTC' })).toEqual([
    'length at least 1',
    'length at most 64',
    'default `"UTC"`',
  ])
  expect(limitTexts({ minimum: 0, default: null })).toEqual(['at least 0'])
  expect(limitTexts({ anyOf: [{ maxLength: 9 }, { type: 'null' }] })).toEqual(['length at most 9'])
})

test('objects are found behind options, lists, maps and references, each once', () => {
  const schema = { anyOf: [REFERENCE, { type: 'array', items: REFERENCE }, { additionalProperties: TREE }] }
  expect(objectsIn(schema, COMPONENTS).map(({ title }) => title)).toEqual(['TokenCounts', 'Tree'])
})

test('an object that contains itself is found, not followed', () => {
  expect(objectsIn({ $ref: '#/components/schemas/Tree' }, COMPONENTS)).toHaveLength(1)
})
