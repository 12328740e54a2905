// What a schema says, in words.
import { resolved, type Operation, type Schema } from './document'

type Components = Operation['components']

/** Such as `array of string` or `integer or null`. */
export function typeText(schema: Schema, components: Components): string {
  const options = schema.anyOf ?? schema.oneOf
  if (options) return [...new Set(options.map((each) => typeText(each, components)))].join(' or ')
  if (schema.$ref !== undefined) return typeText(resolved(schema, components), components)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(', ')
  if (schema.items) return `array of ${typeText(schema.items, components)}`
  const values = schema.additionalProperties
  if (typeof values === 'object' && !schema.properties) return `map of ${typeText(values, components)}`
  return [schema.type ?? 'any', ...(schema.format ? [`(${schema.format})`] : [])].join(' ')
}

/** What is asked of a value, or of one of the options for it, beside its type. */
export function limitTexts(schema: Schema): string[] {
  return [schema, ...(schema.anyOf ?? [])].flatMap((option) => [
    ...rangeTexts(option.minimum, option.maximum),
    ...rangeTexts(option.minLength, option.maxLength, 'length '),
    ...rangeTexts(option.minItems, option.maxItems, 'count '),
    ...(option.pattern === undefined ? [] : [`matches \`${option.pattern}\``]),
    ...((option.default ?? null) === null ? [] : [`default \`${JSON.stringify(option.default)}\``]),
  ])
}

function rangeTexts(least?: number, most?: number, measure = ''): string[] {
  return [
    ...(least === undefined ? [] : [`${measure}at least ${least}`]),
    ...(most === undefined ? [] : [`${measure}at most ${most}`]),
  ]
}

export type ObjectSchema = Schema & { properties: Record<string, Schema> }

/** The objects with fields that a value may be or hold, each once. */
export function objectsIn(schema: Schema, components: Components): ObjectSchema[] {
  const found = new Map<string, ObjectSchema>()
  const visit = (each: Schema) => {
    const whole = resolved(each, components)
    if (whole.properties) {
      found.set(each.$ref ?? whole.title ?? '', { ...whole, properties: whole.properties })
      return
    }
    const parts = [...(whole.anyOf ?? []), ...(whole.oneOf ?? []), whole.items, whole.additionalProperties]
    parts.forEach((part) => typeof part === 'object' && visit(part))
  }
  visit(schema)
  return [...found.values()]
}
