// An operation as a request that can be sent, in curl and in Python.
import { pythonHttpxSync } from '@scalar/snippetz/plugins/python/httpx'
import { shellCurl } from '@scalar/snippetz/plugins/shell/curl'

import type { Operation, Parameter } from './document'

export type Language = 'curl' | 'python'

/** What the reader's own requests would name; placeholders for what is not known. */
export type Reader = { origin: string; tenant: string; key: string }

type Pair = { name: string; value: string }

const PLATFORM_KEY = 'YOUR_PLATFORM_KEY'
const ID_TOKEN = 'YOUR_ID_TOKEN'

/** `example` names one of the bodies that the document shows. */
export function requestIn(
  language: Language,
  operation: Operation,
  reader: Reader,
  example: string | undefined,
): string {
  const body = bodiesOf(operation).find(({ name }) => name === example)
  const request = {
    method: operation.method,
    url: reader.origin + filledPath(operation, reader),
    headers: [...headersOf(operation, reader), ...(body ? [{ name: 'Content-Type', value: body.type }] : [])],
    queryString: requiredIn('query', operation),
    // The generators leave out what is not plain JSON, so the header alone says the type.
    ...(body && { postData: { mimeType: 'application/json', text: JSON.stringify(body.value) } }),
  }
  if (language === 'curl') return shellCurl.generate(request)
  return `import httpx\n\nresponse = ${pythonHttpxSync.generate(request)}\nprint(response.status_code, response.text)`
}

/** The bodies that the document shows, of every content type that is one value of JSON. */
export function bodiesOf({ requestBody }: Operation): { name: string; type: string; value: unknown }[] {
  return Object.entries(requestBody?.content ?? {})
    .filter(([type]) => /[/+]json$/.test(type))
    .flatMap(([type, { examples = {} }]) =>
      Object.entries(examples).map(([name, { value }]) => ({ name, type, value })),
    )
}

function filledPath({ path }: Operation, { tenant }: Reader): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) =>
    name === 'tenant' ? encodeURIComponent(tenant) : placeholder(name),
  )
}

function headersOf(operation: Operation, reader: Reader): Pair[] {
  const schemes = (operation.security ?? []).flatMap((each) => Object.keys(each))
  const secrets: Record<string, string> = {
    key: reader.key,
    platformKey: PLATFORM_KEY,
    member: ID_TOKEN,
  }
  const secret = secrets[schemes[0] ?? '']
  const bearer = secret === undefined ? [] : [{ name: 'Authorization', value: `Bearer ${secret}` }]
  return [...bearer, ...requiredIn('header', operation)]
}

function requiredIn(place: Parameter['in'], { parameters }: Operation): Pair[] {
  return parameters
    .filter((each) => each.in === place && each.required)
    .map(({ name }) => ({ name, value: placeholder(name) }))
}

const placeholder = (name: string) => `YOUR_${name.toUpperCase()}`
