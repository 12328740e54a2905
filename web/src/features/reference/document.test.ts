import { expect, test } from 'vitest'

import { matching, resolved, sectionsOf, type ApiDocument } from './document'

const described = (summary: string, ...tags: string[]) => ({ summary, tags, parameters: [], responses: {} })
const REFUSAL = { description: 'The body is too large.' }
const DOCUMENT: ApiDocument = {
  info: { version: '1', description: '' },
  tags: [{ name: 'Usage' }, { name: 'Budgets' }],
  paths: {
    '/': { get: described('Alive') },
    '/api/v1/budgets/{budget}': {
      put: described('Set a budget', 'Budgets'),
      get: described('One budget', 'Budgets'),
    },
    '/api/v1/usage': { get: described('Usage', 'Usage') },
  },
  components: { schemas: {}, responses: { Problem413: REFUSAL } },
}
const sections = sectionsOf([DOCUMENT])
const names = (words: string) =>
  matching(sections, words).flatMap(({ operations }) => operations.map(({ id }) => id))

test('operations are listed by tag, in the order of the document, and those without one are left out', () => {
  expect(sections.map(({ name, operations }) => [name, operations.map(({ id }) => id)])).toEqual([
    ['Usage', ['get-api-v1-usage']],
    ['Budgets', ['put-api-v1-budgets-budget', 'get-api-v1-budgets-budget']],
  ])
})

test.each([
  ['', ['get-api-v1-usage', 'put-api-v1-budgets-budget', 'get-api-v1-budgets-budget']],
  ['PUT budget', ['put-api-v1-budgets-budget']],
  ['one', ['get-api-v1-budgets-budget']],
  ['nothing', []],
])('a search for "%s" finds %j', (words, ids) => {
  expect(names(words)).toEqual(ids)
})

test('a reference is followed', () => {
  const response = resolved({ $ref: '#/components/responses/Problem413' }, DOCUMENT.components)
  expect(response).toMatchObject(REFUSAL)
})
