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

/** Where events are sent to, on the host that serves this app. */
export function recordUrl(origin: string): string {
  return `${origin}/v1/events`
}

/** A line for a shell. */
export function curlSnippet(url: string, key: string): string {
  return [
    `curl -sS ${url} \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${JSON.stringify(EVENTS)}'`,
  ].join('\n')
}

/** A Python script that needs nothing installed. */
export function pythonSnippet(url: string, key: string): string {
  return `import json
import urllib.request

call = {
    "category": "llm",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "run_id": "first-run",
    "tokens": {"input_tokens": 1200, "output_tokens": 300},
}
end = {
    "category": "other",
    "provider": "my-agent",
    "model": "planner",
    "run_id": "first-run",
    "kind": "run.completed",
}
request = urllib.request.Request(
    "${url}",
    json.dumps([call, end]).encode(),
    {"Authorization": "Bearer ${key}", "Content-Type": "application/json"},
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer))`
}
