import { expect, it } from 'vitest'

import { curlSnippet, installSnippet, pythonSnippet } from './snippets'

const ORIGIN = 'http://localhost'

it('the shell snippet sends a call and the end of its run', () => {
  const sent = /-d '(.*)'$/.exec(curlSnippet(ORIGIN, 'gwi_test_1'))?.[1] ?? ''
  expect(JSON.parse(sent)).toMatchObject([
    { category: 'llm', run_id: 'first-run', tokens: { input_tokens: 1200, output_tokens: 300 } },
    { run_id: 'first-run', kind: 'run.completed' },
  ])
})

it('the client is installed from the app itself, and gets the key and the address', () => {
  expect(installSnippet(ORIGIN)).toMatch(
    /^pip install http:\/\/localhost\/client\/gwi_usage-[\d.]+-py3-none-any\.whl$/,
  )
  expect(pythonSnippet(ORIGIN, 'gwi_test_1')).toContain(
    'with Meter("gwi_test_1", "http://localhost") as meter',
  )
})
