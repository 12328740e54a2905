// Between a budget and the texts of its form.
import { percentsIn } from '@/lib/percents'
import { ApiError } from '@/lib/api/problem'
import type { Budget, BudgetScope, WantedBudget } from '@/lib/api/types'
import { formatInteger } from '@/lib/format'

export const SCOPE_KINDS = ['tenant', 'user_id', 'workflow_id', 'api_key', 'tag'] as const
export type ScopeKind = (typeof SCOPE_KINDS)[number]
export const UNITS = ['amount_usd', 'tokens', 'runs'] as const
export type Unit = (typeof UNITS)[number]

/** Fields that the form does not show are absent. */
export type BudgetForm = {
  id?: string
  kind: ScopeKind
  tag?: string
  value?: string
  unit: Unit
  amount: string
  window: Budget['window']
  on_reach: Budget['on_reach']
  on_unknown_price?: Budget['on_unknown_price']
  thresholds?: string
}

export type BudgetField = 'id' | 'tag' | 'value' | 'amount' | 'window' | 'on_unknown_price' | 'thresholds'
export type Typos = Partial<Record<BudgetField, string>>

const ID = /^[a-z0-9][a-z0-9_-]{0,63}$/
const TAG = /^[a-z][a-z0-9_-]{0,31}$/
// The API's bounds, checked before it is asked.
const MAX_AMOUNTS = { amount_usd: 1_000_000, tokens: Number.MAX_SAFE_INTEGER, runs: Number.MAX_SAFE_INTEGER }
const MAX_SCOPED_RUNS = 10_000
const MAX_THRESHOLDS = 10

export function kindOf(scope: BudgetScope): ScopeKind {
  return SCOPE_KINDS.find((kind) => kind in scope) ?? 'tenant'
}

/** The user, workflow, key or tag value; empty for the tenant. */
export function valueOf(scope: BudgetScope): string {
  if ('tenant' in scope) return ''
  if ('user_id' in scope) return scope.user_id
  if ('workflow_id' in scope) return scope.workflow_id
  return 'api_key' in scope ? scope.api_key : scope.tag.value
}

export function unitOf({ amount_usd, tokens }: Budget): Unit {
  if (amount_usd !== null) return 'amount_usd'
  return tokens === null ? 'runs' : 'tokens'
}

/** What the form can check by itself; `taken` are the ids that a new budget cannot have. */
export function typosIn(form: BudgetForm, taken: readonly string[]): Typos {
  const found = {
    id: form.id === undefined ? null : idTypo(form.id, taken),
    tag:
      form.tag === undefined || TAG.test(form.tag)
        ? null
        : 'Use a lower-case letter, then a-z, 0-9, _ and -.',
    value: form.value === '' ? 'Enter a value, or * for each.' : null,
    amount: amountTypo(form),
    thresholds: form.thresholds ? thresholdsTypo(form.thresholds) : null,
  }
  return Object.fromEntries(Object.entries(found).filter(([, typo]) => typo !== null))
}

function idTypo(id: string, taken: readonly string[]): string | null {
  if (!ID.test(id)) return 'Use lower-case letters, digits, _ and -, at most 64.'
  return taken.includes(id) ? 'There is a budget with this ID.' : null
}

function amountTypo({ kind, unit, amount }: BudgetForm): string | null {
  const isUsd = unit === 'amount_usd'
  if (!(isUsd ? /^\d+(\.\d{1,9})?$/ : /^\d+$/).test(bare(amount))) {
    return isUsd ? 'Enter an amount, such as 99.50.' : 'Enter a whole number.'
  }
  const number = Number(bare(amount))
  if (number === 0) return 'Enter more than 0.'
  const most = kind !== 'tenant' && unit === 'runs' ? MAX_SCOPED_RUNS : MAX_AMOUNTS[unit]
  return number > most ? `Enter at most ${isUsd ? '$' : ''}${formatInteger(most)}.` : null
}

function thresholdsTypo(text: string): string | null {
  const percents = percentsIn(text)
  if (percents === null) return 'Enter whole numbers, separated by commas.'
  const areValid = percents.length <= MAX_THRESHOLDS && percents.every((each) => each >= 1 && each <= 1000)
  return areValid ? null : `Enter at most ${MAX_THRESHOLDS} percentages from 1 to 1000.`
}

/** The body of a form without typos. */
export function wantedBy(form: BudgetForm): Omit<WantedBudget, 'version'> {
  const amount = bare(form.amount)
  return {
    scope: scopeOf(form),
    [form.unit]: form.unit === 'amount_usd' ? amount : Number(amount),
    window: form.window,
    on_reach: form.on_reach,
    on_unknown_price: form.on_unknown_price ?? null,
    thresholds: form.thresholds === undefined ? null : (percentsIn(form.thresholds) ?? []),
  }
}

/** The sentence about a field in a refusal. The API names the parts of a scope and of an amount below their names. */
export function refusalOf(error: Error | null, field: BudgetField): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  return error.fields.find((problem) => fieldOf(problem.field) === field)?.message
}

/** True if a refusal is about no field of the form. */
export function isGeneral(error: Error): boolean {
  return !(error instanceof ApiError) || !error.fields.some(({ field }) => fieldOf(field) !== null)
}

const FIELDS: Record<string, BudgetField> = {
  ...{ id: 'id', scope: 'value', window: 'window', thresholds: 'thresholds' },
  ...{ amount_usd: 'amount', tokens: 'amount', runs: 'amount', on_unknown_price: 'on_unknown_price' },
}

function fieldOf(path: string): BudgetField | null {
  if (path.startsWith('scope.tag.') && path.endsWith('.name')) return 'tag'
  return FIELDS[path.split('.')[0] ?? ''] ?? null
}

function scopeOf({ kind, tag = '', value = '' }: BudgetForm): BudgetScope {
  switch (kind) {
    case 'tenant':
      return { tenant: true }
    case 'user_id':
      return { user_id: value }
    case 'workflow_id':
      return { workflow_id: value }
    case 'api_key':
      return { api_key: value }
    case 'tag':
      return { tag: { name: tag, value } }
  }
}

/** An amount without its currency and separators. */
function bare(amount: string): string {
  return amount.replaceAll(/[$,\s]/g, '')
}
