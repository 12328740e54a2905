// The part of an event that a form can amend; the rest stays as it was.
import { Field } from '@/components/field'
import { TextInput } from '@/components/text-input'
import type { UsageEvent } from '@/lib/api/types'

const COUNTS = [
  ['input_tokens', 'Input tokens'],
  ['output_tokens', 'Output tokens'],
] as const
const NAMES = [
  ['provider', 'Provider', true],
  ['model', 'Model', true],
  ['user_id', 'User', false],
  ['workflow_id', 'Workflow', false],
] as const
const KEPT = [
  ...(['category', 'status', 'kind', 'latency_ms', 'run_id', 'parent_run_id'] as const),
  ...(['request_id', 'tags', 'metadata'] as const),
]

export function AmendFields({ event }: { event: UsageEvent }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {NAMES.map(([name, label, required]) => (
        <Field key={name} label={label}>
          <TextInput name={name} defaultValue={event[name] ?? ''} required={required} autoComplete="off" />
        </Field>
      ))}
      {event.tokens &&
        COUNTS.map(([name, label]) => (
          <Field key={name} label={label}>
            <TextInput
              name={name}
              type="number"
              min={0}
              step={1}
              required
              defaultValue={event.tokens?.[name]}
            />
          </Field>
        ))}
    </div>
  )
}

/** The whole event as the form says it should be. */
export function amendmentOf(event: UsageEvent, form: FormData): object {
  const names = NAMES.map(([name]): [string, unknown] => [name, textOf(form, name)])
  const kept = KEPT.map((name): [string, unknown] => [name, event[name]])
  const given = [...names, ...kept].filter(([, value]) => value !== null && value !== '')
  return {
    ...Object.fromEntries(given),
    ...(event.tokens && { tokens: tokensOf(event.tokens, form) }),
    ...(event.cost_status === 'client' && { cost_usd_estimate: event.cost_usd }),
  }
}

function tokensOf(tokens: NonNullable<UsageEvent['tokens']>, form: FormData): object {
  const counts = COUNTS.map(([name]): [string, number] => [name, Number(textOf(form, name))])
  const { cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens } = tokens
  return {
    ...{ cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens },
    ...Object.fromEntries(counts),
  }
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value.trim() : ''
}
