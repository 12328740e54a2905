// The OpenAPI documents of both services, as far as the reference reads them.
import { problemIn, Unreachable } from '@/lib/api/problem'

export type Schema = {
  $ref?: string
  title?: string
  description?: string
  type?: string
  format?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  required?: string[]
  default?: unknown
  examples?: unknown[]
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}

export type Parameter = {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  schema: Schema
}

export type MediaType = { schema: Schema; examples?: Record<string, { value: unknown }> }

export type Content = Record<string, MediaType>

export type Response = { $ref?: string; description?: string; content?: Content }

type Described = {
  summary: string
  description?: string
  tags: string[]
  parameters: Parameter[]
  requestBody?: { description: string; content: Content }
  responses: Record<string, Response>
  security?: Record<string, string[]>[]
}

type Components = { schemas: Record<string, Schema>; responses: Record<string, Response> }

export type ApiDocument = {
  info: { version: string; description: string }
  tags: { name: string }[]
  paths: Record<string, Record<string, Described>>
  components: Components
}

export type Operation = Described & {
  /** Its anchor on the page. */
  id: string
  method: string
  path: string
  components: Components
}

export type Section = { name: string; operations: Operation[] }

/** Hosting serves both from the address of the app. */
export const DOCUMENTS = ['/v1/openapi.json', '/api/v1/openapi.json'] as const

export const readDocuments = ({ request }: { request: Request }) =>
  Promise.all(DOCUMENTS.map((address) => read(address, request.signal)))

async function read(address: string, signal: AbortSignal): Promise<ApiDocument> {
  const response = await fetch(address, { signal }).catch(() => {
    throw new Unreachable()
  })
  if (!response.ok) throw await problemIn(response)
  return (await response.json()) as ApiDocument
}

/** The operations by their tag. One without a tag is for machines, and is left out. */
export function sectionsOf(documents: ApiDocument[]): Section[] {
  return documents.flatMap((document) => {
    const operations = operationsOf(document)
    return document.tags.map(({ name }) => ({
      name,
      operations: operations.filter(({ tags }) => tags.includes(name)),
    }))
  })
}

function operationsOf({ paths, components }: ApiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      ...described,
      id: `${method}${path.replace(/\W+/g, '-')}`.replace(/-$/, ''),
      method: method.toUpperCase(),
      path,
      components,
    })),
  )
}

/** Follow the reference of a schema or a response. */
export function resolved<T extends { $ref?: string }>(part: T, components: Components): T {
  const [, , kind, name] = part.$ref?.split('/') ?? []
  if (kind === undefined || name === undefined) return part
  const found = (components as Record<string, Record<string, unknown> | undefined>)[kind]?.[name]
  return { ...(found as T), ...part, $ref: undefined }
}

/** The sections that have operations of which `words` are in the path, the summary or the method. */
export function matching(sections: Section[], words: string): Section[] {
  const wanted = words.toLowerCase().split(/\s+/)
  return sections
    .map(({ name, operations }) => ({
      name,
      operations: operations.filter(({ method, path, summary }) => {
        const text = `${name} ${method} ${path} ${summary}`.toLowerCase()
        return wanted.every((word) => text.includes(word))
      }),
    }))
    .filter(({ operations }) => operations.length > 0)
}
