// The order, the time and the one filter of the list of runs, and the search by id.
import { useState } from 'react'

import { SearchInput } from '@/components/search-input'
import { Select } from '@/components/select'
import type { Usage } from '@/lib/api/types'
import { dateAfter } from '@/features/ledger/range'
import { formatDay } from '@/lib/format'

import { RunNameFilter } from './run-name-filter'
import { NO_FILTER, daysOf, SORTS, type RunFilters } from './run-filters'

const MAX_ID_CHARS = 128
const STATUSES = [
  { value: 'open', label: 'In progress' },
  { value: 'completed', label: 'Completed' },
  { value: 'failed', label: 'Failed' },
  { value: 'timed_out', label: 'Timed out' },
]
const DAYS = [
  { value: '1', label: 'Today' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
]

type FilterBarProps = {
  filters: RunFilters
  usage: Usage
  today: string
  onChange: (changes: RunFilters) => void
}

export function RunFilterBar({ filters, usage, today, onChange }: FilterBarProps) {
  const [started, setStarted] = useState<string>()
  const named = namedFilter(filters)
  const kind = started ?? named?.kind ?? ''
  const isSearch = filters.id !== undefined
  const choose = (chosen: string) => {
    const [group, value] = chosen.split('=')
    setStarted(group === 'status' || chosen === '' ? undefined : chosen)
    if (group === 'status') onChange({ status: value })
    else onChange(NO_FILTER)
  }
  return (
    <search className="flex flex-wrap items-center gap-3">
      <SearchInput
        label="Search runs"
        placeholder="Run ID begins with…"
        maxLength={MAX_ID_CHARS}
        value={filters.id ?? ''}
        onSearch={(id) => onChange({ id })}
      />
      <TimeSelect filters={filters} today={today} onChange={onChange} />
      <Select
        aria-label="Filter"
        options={filterOptions(usage.tag_names, kind)}
        value={kind}
        onChange={({ target }) => choose(target.value)}
      />
      {kind !== '' && !kind.startsWith('status') && (
        <RunNameFilter
          key={`${kind} ${named?.value ?? ''}`}
          kind={kind}
          value={named?.kind === kind ? named.value : ''}
          aggregate={usage.aggregate}
          onChoose={(changes) => {
            setStarted(undefined)
            onChange(changes)
          }}
        />
      )}
      <Select
        aria-label="Sort by"
        // A search is in the order of the IDs.
        options={isSearch ? [{ value: '', label: 'Run ID' }] : SORTS}
        disabled={isSearch}
        value={isSearch ? '' : (filters.sort ?? '')}
        onChange={({ target }) => onChange({ sort: target.value })}
      />
    </search>
  )
}

/** The filter that the address names, as the value of its option, and what it is to be. */
function namedFilter({ status, user_id, workflow_id, tag }: RunFilters) {
  if (status) return { kind: `status=${status}`, value: status }
  if (user_id) return { kind: 'user', value: user_id }
  if (workflow_id) return { kind: 'workflow', value: workflow_id }
  if (!tag) return undefined
  const end = tag.indexOf(':')
  return { kind: `tag:${tag.slice(0, end)}`, value: tag.slice(end + 1) }
}

/** The filters to choose from: the chosen one too, even if it is of a tag that nothing is summed by. */
function filterOptions(tags: readonly string[], chosen: string) {
  const kinds = ['user', 'workflow', ...tags.map((tag) => `tag:${tag}`)]
  if (chosen.startsWith('tag:') && !kinds.includes(chosen)) kinds.push(chosen)
  return [
    { value: '', label: 'All runs' },
    ...STATUSES.map(({ value, label }) => ({ value: `status=${value}`, label })),
    ...kinds.map((kind) => ({ value: kind, label: `${labelOf(kind)}…` })),
  ]
}

function labelOf(kind: string): string {
  if (kind.startsWith('tag:')) return `Tag: ${kind.slice('tag:'.length)}`
  return kind === 'user' ? 'User' : 'Workflow'
}

function TimeSelect({ filters, today, onChange }: Omit<FilterBarProps, 'usage'>) {
  const days = daysOf(filters)
  const known = DAYS.find(({ value }) => days?.to === today && days.from === firstOf(value, today))
  const chosen = known?.value ?? (days ? 'others' : '')
  const others = days ? `${formatDay(days.from, 'UTC')} – ${formatDay(days.to, 'UTC')}` : ''
  return (
    <Select
      aria-label="Started"
      options={[
        { value: '', label: 'Any time' },
        ...DAYS,
        ...(chosen === 'others' ? [{ value: 'others', label: others }] : []),
      ]}
      value={chosen}
      onChange={({ target: { value } }) =>
        onChange(
          value === '' ? { from: undefined, to: undefined } : { from: firstOf(value, today), to: today },
        )
      }
    />
  )
}

function firstOf(days: string, today: string): string {
  return dateAfter(today, 1 - Number(days))
}
