// The second event ends the run, which is open without it.
const EVENTS = [
  {
    category: 'llm',
    provider: 'openai',
    model: 'gpt-4.1-mini',
    run_id: 'first-run',
    tokens: { input_tokens: 1200, output_tokens: 300 },
  },
  {
    category: 'other',
    provider: 'my-agent',
    model: 'planner',
    run_id: 'first-run',
    kind: 'run.completed',
  },
]

/** A line for a shell. */
export function curlSnippet(origin: string, key: string): string {
  return [
    `curl -sS ${origin}/v1/events \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${JSON.stringify(EVENTS)}'`,
  ].join('\n')
}

declare const __CLIENT_WHEEL__: string

/** Installs the Python client from the host that serves this app. */
export function installSnippet(origin: string): string {
  return `pip install ${origin}/${__CLIENT_WHEEL__}`
}

/** The same call with the Python client, which gives ids, sends again and ends the run. */
export function pythonSnippet(origin: string, key: string): string {
  return `from gwi_usage import Meter

with Meter("${key}", "${origin}") as meter, meter.run("first-run"):
    meter.track(provider="openai", model="gpt-4.1-mini", tokens={"input_tokens": 1200, "output_tokens": 300})`
}
