import { expect, it } from 'vitest'

import { curlSnippet, pythonSnippet } from './snippets'

const URL = 'http://localhost/v1/events'

it('the shell snippet sends a call and the end of its run', () => {
  const sent = /-d '(.*)'$/.exec(curlSnippet(URL, 'gwi_test_1'))?.[1] ?? ''
  expect(JSON.parse(sent)).toMatchObject([
    { category: 'llm', run_id: 'first-run', tokens: { input_tokens: 1200, output_tokens: 300 } },
    { run_id: 'first-run', kind: 'run.completed' },
  ])
})

it('the Python snippet sends them too', () => {
  expect(pythonSnippet(URL, 'gwi_test_1')).toMatch(
    /"kind": "run.completed",\n}[^]*json\.dumps\(\[call, end\]\)/,
  )
})
