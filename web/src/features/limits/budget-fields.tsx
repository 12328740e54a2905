import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Field } from '@/components/field'
import { Select } from '@/components/select'
import { TextInput } from '@/components/text-input'
import { apiKeysQuery } from '@/lib/api/queries'
import type { Budget } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { kindOf, unitOf, valueOf, type BudgetField, type ScopeKind, type Unit } from './budget-form'
import { EACH } from './budget-text'

type Options<Value extends string> = readonly { value: Value; label: string }[]

const KINDS: Options<ScopeKind> = [
  { value: 'tenant', label: 'All usage' },
  { value: 'user_id', label: 'User' },
  { value: 'workflow_id', label: 'Workflow' },
  { value: 'api_key', label: 'API key' },
  { value: 'tag', label: 'Tag' },
]
const UNITS: Options<Unit> = [
  { value: 'amount_usd', label: 'USD' },
  { value: 'tokens', label: 'Tokens' },
  { value: 'runs', label: 'Runs' },
]
const WINDOWS: Options<Budget['window']> = [
  { value: 'day', label: 'Day' },
  { value: 'week', label: 'Week, from Monday' },
  { value: 'month', label: 'Month' },
  { value: 'period', label: 'Metering period' },
  { value: 'total', label: 'In total, never resets' },
  { value: 'run', label: 'Each run' },
]
const REACHES: Options<Budget['on_reach']> = [
  { value: 'block', label: 'Block: deny checks' },
  { value: 'warn', label: 'Warn: allow checks with a warning' },
]
const UNKNOWN_PRICES: Options<Budget['on_unknown_price']> = [
  { value: 'block', label: 'Deny checks' },
  { value: 'ignore', label: 'Count what is known' },
]

type Problem = (field: BudgetField) => string | undefined
type BudgetFieldsProps = { budget: Budget | null; problem: Problem }

export function BudgetFields({ budget, problem }: BudgetFieldsProps) {
  return (
    <>
      {!budget && (
        <Field label="ID" hint="Checks and alerts name the budget by it." error={problem('id')}>
          <TextInput name="id" maxLength={64} placeholder="search-monthly" autoComplete="off" required />
        </Field>
      )}
      <ScopeFields budget={budget} problem={problem} />
      <AmountFields budget={budget} problem={problem} />
    </>
  )
}

function ScopeFields({ budget, problem }: BudgetFieldsProps) {
  const [kind, setKind] = useState<ScopeKind>(budget ? kindOf(budget.scope) : 'tenant')
  const stored = budget && kindOf(budget.scope) === kind ? budget.scope : null
  return (
    <>
      <Field label="Applies to">
        <Select
          name="kind"
          options={KINDS}
          value={kind}
          onChange={(event) => setKind(event.target.value as ScopeKind)}
        />
      </Field>
      {kind === 'tag' && (
        <Field label="Tag name" error={problem('tag')}>
          <TextInput
            name="tag"
            maxLength={32}
            defaultValue={stored && 'tag' in stored ? stored.tag.name : ''}
            placeholder="feature"
            autoComplete="off"
            required
          />
        </Field>
      )}
      {kind === 'api_key' && <KeyField stored={stored && valueOf(stored)} problem={problem} />}
      {kind !== 'tenant' && kind !== 'api_key' && (
        <Field
          key={kind}
          label={VALUE_LABELS[kind].label}
          hint={`Write * to give each ${VALUE_LABELS[kind].each} this amount.`}
          error={problem('value')}
        >
          <TextInput
            name="value"
            maxLength={kind === 'tag' ? 128 : 256}
            defaultValue={stored ? valueOf(stored) : ''}
            autoComplete="off"
            required
          />
        </Field>
      )}
    </>
  )
}

const VALUE_LABELS = {
  user_id: { label: 'User ID', each: 'user' },
  workflow_id: { label: 'Workflow ID', each: 'workflow' },
  tag: { label: 'Tag value', each: 'value' },
}

/** A key that is not among the active ones stays a choice while the budget has it. */
function KeyField({ stored, problem }: { stored: string | null; problem: Problem }) {
  const { id } = useTenant()
  const keys = useQuery(apiKeysQuery(id)).data ?? []
  const [chosen, setChosen] = useState(stored ?? EACH)
  const active = keys.filter(({ status }) => status === 'active')
  const isOther = chosen !== EACH && !active.some((key) => key.id === chosen)
  return (
    <Field label="API key" error={problem('value')}>
      <Select
        name="value"
        value={chosen}
        onChange={(event) => setChosen(event.target.value)}
        options={[
          { value: EACH, label: 'Each key' },
          ...active.map((key) => ({ value: key.id, label: key.label })),
          ...(isOther
            ? [{ value: chosen, label: keys.find((key) => key.id === chosen)?.label ?? chosen }]
            : []),
        ]}
      />
    </Field>
  )
}

function AmountFields({ budget, problem }: BudgetFieldsProps) {
  const [unit, setUnit] = useState<Unit>(budget ? unitOf(budget) : 'amount_usd')
  const [window, setWindow] = useState<Budget['window']>(budget?.window ?? 'month')
  const [reach, setReach] = useState<Budget['on_reach']>(budget?.on_reach ?? 'block')
  const stored = budget && unitOf(budget) === unit ? budget[unit] : null
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Amount" error={problem('amount')}>
          <TextInput
            key={unit}
            name="amount"
            inputMode="decimal"
            defaultValue={stored ?? ''}
            autoComplete="off"
            required
          />
        </Field>
        <Field label="Unit">
          <Select
            name="unit"
            options={UNITS}
            value={unit}
            onChange={(event) => setUnit(event.target.value as Unit)}
          />
        </Field>
      </div>
      <Field label="Window" error={problem('window')}>
        <Select
          name="window"
          options={WINDOWS}
          value={window}
          onChange={(event) => setWindow(event.target.value as Budget['window'])}
        />
      </Field>
      <Field label="When it is reached">
        <Select
          name="on_reach"
          options={REACHES}
          value={reach}
          onChange={(event) => setReach(event.target.value as Budget['on_reach'])}
        />
      </Field>
      {unit === 'amount_usd' && (
        <Field label="When a call has no complete price" error={problem('on_unknown_price')}>
          <Select
            key={reach}
            name="on_unknown_price"
            options={UNKNOWN_PRICES}
            defaultValue={unknownPrice(budget, reach)}
          />
        </Field>
      )}
      {window !== 'run' && (
        <Field
          label="Alert at, in percent"
          hint="Separated by commas. Empty for no alerts."
          error={problem('thresholds')}
        >
          <TextInput name="thresholds" defaultValue={thresholdsOf(budget)} autoComplete="off" />
        </Field>
      )}
    </>
  )
}

/** The stored choice, or the API's default for what happens when the budget is reached. */
function unknownPrice(budget: Budget | null, reach: Budget['on_reach']): Budget['on_unknown_price'] {
  if (budget?.on_reach === reach && budget.amount_usd !== null) return budget.on_unknown_price
  return reach === 'block' ? 'block' : 'ignore'
}

/** A budget of each run has no alerts to keep. */
function thresholdsOf(budget: Budget | null): string {
  return budget && budget.window !== 'run' ? budget.thresholds.join(', ') : '80, 100'
}
