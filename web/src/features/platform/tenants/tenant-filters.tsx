import { useQuery } from '@tanstack/react-query'

import { LinkButton } from '@/components/button'
import { Checkbox } from '@/components/checkbox'
import { SearchInput } from '@/components/search-input'
import { Select } from '@/components/select'

import { platformPlansQuery } from '../queries'
import type { FilterValues } from './filters'

type TenantFiltersProps = {
  values: FilterValues
  isFiltered: boolean
  onChange: (changes: Partial<FilterValues>) => void
}

const STATUSES = [
  { value: '', label: 'Any status' },
  { value: 'active', label: 'Active' },
  { value: 'suspended', label: 'Suspended' },
  { value: 'ended', label: 'Ended' },
]
const SORTS = [
  { value: '', label: 'Newest first' },
  { value: 'name', label: 'Name' },
  { value: 'usage', label: 'Highest usage' },
  { value: 'cost', label: 'Highest cost' },
  { value: 'last_event', label: 'Last event' },
]
const BY_NAME = [{ value: 'name', label: 'Name' }]
const MAX_SEARCH_CHARS = 100

export function TenantFilters({ values, isFiltered, onChange }: TenantFiltersProps) {
  const isSearch = values.q !== undefined
  return (
    <search className="flex flex-wrap items-center gap-3">
      <SearchInput
        label="Search tenants"
        placeholder="Id or name begins with…"
        maxLength={MAX_SEARCH_CHARS}
        value={values.q ?? ''}
        onSearch={(q) => onChange({ q, sort: undefined })}
      />
      <PlanSelect plan={values.plan ?? ''} onChange={(plan) => onChange({ plan })} />
      <Select
        aria-label="Status"
        options={STATUSES}
        value={values.status ?? ''}
        onChange={({ target }) => onChange({ status: target.value })}
      />
      <Select
        aria-label="Sort by"
        // A search is sorted by name alone.
        options={isSearch ? BY_NAME : SORTS}
        disabled={isSearch}
        value={isSearch ? 'name' : (values.sort ?? '')}
        onChange={({ target }) => onChange({ sort: target.value })}
      />
      <Checkbox
        label="Over 80%"
        checked={values.over_80 === 'true'}
        onChange={({ target }) => onChange({ over_80: target.checked ? 'true' : undefined })}
      />
      <Checkbox
        label="Past due"
        checked={values.past_due === 'true'}
        onChange={({ target }) => onChange({ past_due: target.checked ? 'true' : undefined })}
      />
      {isFiltered && (
        <LinkButton variant="ghost" size="sm" to="/operator/tenants">
          Clear filters
        </LinkButton>
      )}
    </search>
  )
}

function PlanSelect({ plan, onChange }: { plan: string; onChange: (plan: string) => void }) {
  const { data } = useQuery(platformPlansQuery())
  const plans = data?.plans.map(({ id, name }) => ({ value: id, label: name })) ?? []
  // The plan of the address stays chosen while plans load, and when it is none of them.
  const isKnown = plan === '' || plans.some(({ value }) => value === plan)
  return (
    <Select
      aria-label="Plan"
      options={[
        { value: '', label: 'Any plan' },
        ...plans,
        ...(isKnown ? [] : [{ value: plan, label: plan }]),
      ]}
      value={plan}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}
