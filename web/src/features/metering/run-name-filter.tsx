import { useQuery } from '@tanstack/react-query'
import { useId, useState, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { TextInput } from '@/components/text-input'
import { topQuery } from '@/lib/api/queries'
import type { Aggregate } from '@/lib/api/types'

import type { RunFilters } from './run-filters'

const MAX_NAME_CHARS = 256
const MAX_TAG_CHARS = 128
const SUGGESTED = '100'

type NameFilterProps = {
  /** "user", "workflow", or "tag:" and the name of a tag. */
  kind: string
  value: string
  aggregate: Aggregate
  onChoose: (changes: RunFilters) => void
}

/** Takes the whole name, and suggests those that cost most in the period. */
export function RunNameFilter({ kind, value, aggregate, onChoose }: NameFilterProps) {
  const { tenant_id, period_start: from, period_end: to } = aggregate
  const [text, setText] = useState(value)
  const listId = useId()
  const top = useQuery(topQuery(tenant_id, { group_by: kind, from, to, limit: SUGGESTED }))
  const noun = kind.startsWith('tag:') ? kind.slice('tag:'.length) : kind
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (text.trim() !== '') onChoose(filterOf(kind, text.trim()))
  }
  return (
    <form onSubmit={submit} className="flex grow items-center gap-2 sm:max-w-72">
      <TextInput
        aria-label={`Name of the ${noun}`}
        placeholder={`Name of the ${noun}`}
        list={listId}
        maxLength={kind.startsWith('tag:') ? MAX_TAG_CHARS : MAX_NAME_CHARS}
        value={text}
        onChange={({ target }) => setText(target.value)}
        autoFocus={value === ''}
        className="grow"
      />
      <datalist id={listId}>
        {top.data?.names.map(({ name }) => name !== null && <option key={name} value={name} />)}
      </datalist>
      <Button type="submit" size="sm">
        Apply
      </Button>
    </form>
  )
}

function filterOf(kind: string, name: string): RunFilters {
  if (kind === 'user') return { user_id: name }
  if (kind === 'workflow') return { workflow_id: name }
  return { tag: `${kind.slice('tag:'.length)}:${name}` }
}
