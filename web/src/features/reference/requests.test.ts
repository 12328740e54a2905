import { expect, test } from 'vitest'

import type { Operation } from './document'
import { bodiesOf, requestIn } from './requests'

const READER = { origin: 'https://usage.example.com', tenant: 'acme', key: 'gwi_live_abc...' }
const OPERATION: Operation = {
  id: 'put',
  method: 'PUT',
  path: '/api/v1/tenants/{tenant}/members/{user}',
  summary: 'Change a role',
  tags: [],
  parameters: [
    { name: 'tenant', in: 'path', required: true, schema: {} },
    { name: 'reason', in: 'query', required: true, schema: {} },
    { name: 'tz', in: 'query', required: false, schema: {} },
  ],
  requestBody: {
    description: '',
    content: {
      'application/json': {
        schema: {},
        examples: {
          'an admin': { value: { role: 'admin', note: "it's" } },
          'no role': { value: { role: null } },
        },
      },
      'application/cloudevents+json': {
        schema: {},
        examples: { 'a CloudEvent': { value: { id: 'call-1' } } },
      },
      'application/x-ndjson': { schema: {}, examples: { 'an event a line': { value: [{}] } } },
    },
  },
  responses: {},
  security: [{ key: [] }, { member: [] }],
  components: { schemas: {}, responses: {} },
}

test('curl names the tenant, the key, what is required, and an example', () => {
  expect(requestIn('curl', OPERATION, READER, 'an admin')).toBe(
    [
      "curl 'https://usage.example.com/api/v1/tenants/acme/members/YOUR_USER?reason=YOUR_REASON' \\",
      '  --request PUT \\',
      "  --header 'Authorization: Bearer gwi_live_abc...' \\",
      "  --header 'Content-Type: application/json' \\",
      `  --data '{\n  "role": "admin",\n  "note": "it'\\''s"\n}'`,
    ].join('\n'),
  )
})

test('Python is valid where JSON is not', () => {
  const script = requestIn('python', OPERATION, READER, 'no role')
  expect(script).toMatch(/^import httpx\n\nresponse = httpx\.put\(/)
  expect(script).toMatch(/\nprint\(response\.status_code, response\.text\)$/)
  expect(script).toContain('"role": None')
  expect(script).toContain('"Authorization": "Bearer gwi_live_abc..."')
})

test.each([
  [[{ platformKey: [] }, { member: [] }], 'YOUR_PLATFORM_KEY'],
  [[{ member: [] }], 'YOUR_ID_TOKEN'],
])('callers %j send %s', (security, secret) => {
  expect(requestIn('curl', { ...OPERATION, security }, READER, undefined)).toContain(`Bearer ${secret}'`)
})

test('what needs no key sends none', () => {
  expect(requestIn('curl', { ...OPERATION, security: [] }, READER, undefined)).not.toContain('Authorization')
})

test('examples are offered with their content type, unless they are lines of JSON', () => {
  expect(bodiesOf(OPERATION).map(({ name, type }) => [name, type])).toEqual([
    ['an admin', 'application/json'],
    ['no role', 'application/json'],
    ['a CloudEvent', 'application/cloudevents+json'],
  ])
})

test.each(['curl', 'python'] as const)('a body of another type is sent as such in %s', (language) => {
  const request = requestIn(language, OPERATION, READER, 'a CloudEvent')
  expect(request).toContain('application/cloudevents+json')
  expect(request).toContain('"id": "call-1"')
})
