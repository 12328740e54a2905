const EVENT = {
  category: 'llm',
  provider: 'openai',
  model: 'gpt-4.1-mini',
  run_id: 'first-run',
  tokens: { input_tokens: 1200, output_tokens: 300 },
}

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
    `  -d '${JSON.stringify(EVENT)}'`,
  ].join('\n')
}

/** A Python script that needs nothing installed. */
export function pythonSnippet(url: string, key: string): string {
  return `import json
import urllib.request

event = {
    "category": "llm",
    "provider": "openai",
    "model": "gpt-4.1-mini",
    "run_id": "first-run",
    "tokens": {"input_tokens": 1200, "output_tokens": 300},
}
request = urllib.request.Request(
    "${url}",
    json.dumps(event).encode(),
    {"Authorization": "Bearer ${key}", "Content-Type": "application/json"},
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer))`
}
