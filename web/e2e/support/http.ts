// JSON over HTTP from outside the browser.

export type Answer = { status: number; content: unknown }

/** The answer to a request with a JSON body, or without one. On a connection of its own: a kept one may just be closing. */
export async function ask(method: string, url: string, bearer: string, body?: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json', Connection: 'close' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, content: text ? (JSON.parse(text) as unknown) : null }
}

/** The content of an answer that must be good. */
export async function get<T>(method: string, url: string, bearer: string, body?: unknown): Promise<T> {
  const { status, content } = await ask(method, url, bearer, body)
  if (status >= 300) throw new Error(`${method} ${url} answered ${status}: ${JSON.stringify(content)}`)
  return content as T
}
