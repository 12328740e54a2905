// Budgets in words: "User ann", "$5.00 a day".
import type { Budget, BudgetScope, BudgetUse } from '@/lib/api/types'
import { formatInteger, formatUsdExact, formatUsdFloor, nanoUsdOf } from '@/lib/format'
import { shareOf } from '@/lib/percents'

export const EACH = '*'

export const WINDOWS: Record<Budget['window'], string> = {
  run: 'a run',
  day: 'a day',
  week: 'a week',
  month: 'a month',
  period: 'a metering period',
  total: 'in total',
}

/** The label of an API key by its id. */
export type KeyNames = ReadonlyMap<string, string>

export function scopeText(scope: BudgetScope, keys: KeyNames): string {
  if ('tenant' in scope) return 'All usage'
  if ('user_id' in scope) return scope.user_id === EACH ? 'Each user' : `User ${scope.user_id}`
  if ('workflow_id' in scope) {
    return scope.workflow_id === EACH ? 'Each workflow' : `Workflow ${scope.workflow_id}`
  }
  if ('api_key' in scope) {
    return scope.api_key === EACH ? 'Each API key' : `API key ${keys.get(scope.api_key) ?? scope.api_key}`
  }
  const { name, value } = scope.tag
  return value === EACH ? `Each value of the tag ${name}` : `Tag ${name}: ${value}`
}

export function isEach(scope: BudgetScope): boolean {
  if ('tag' in scope) return scope.tag.value === EACH
  return Object.values(scope).includes(EACH)
}

/** "$5.00 a day", "1,000 tokens in total". */
export function amountText({ amount_usd, tokens, runs, window }: Budget): string {
  return `${amount(amount_usd, tokens, runs)} ${WINDOWS[window]}`
}

function amount(amount_usd: string | null, tokens: number | null, runs: number | null): string {
  if (amount_usd !== null) return formatUsdExact(amount_usd)
  return tokens === null ? counted(runs ?? 0, 'run') : counted(tokens, 'token')
}

function counted(count: number, noun: string): string {
  return `${formatInteger(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** What is used of the amount, to read. A cost is cut, never rounded up to the limit. */
export function usedText({ unit, used, limit, is_complete }: BudgetUse): string {
  if (unit !== 'cost') return `${formatInteger(BigInt(used))} of ${formatInteger(BigInt(limit))}`
  return `${is_complete ? '' : 'at least '}${formatUsdFloor(used)} of ${formatUsdExact(limit)}`
}

/** The share of the amount that is reserved, in percent. */
export function heldPercent({ unit, held, limit }: BudgetUse): number {
  return unit === 'cost' ? shareOf(nanoUsdOf(held), nanoUsdOf(limit)) : shareOf(Number(held), Number(limit))
}

/** The same with every digit and the unit, for titles and screen readers. */
export function usedExactly(use: BudgetUse): string {
  if (use.unit !== 'cost') return `${usedText(use)} ${use.unit}`
  return `${use.is_complete ? '' : 'at least '}${formatUsdExact(use.used)} of ${formatUsdExact(use.limit)}`
}

/** What runs in progress have reserved, and what is left beside it: "$3.00 reserved, $97.00 left". */
export function heldText({ unit, held, left }: BudgetUse): string {
  if (unit === 'cost') return `${formatUsdExact(held)} reserved, ${formatUsdExact(left)} left`
  return `${formatInteger(BigInt(held))} reserved, ${formatInteger(BigInt(left))} left`
}
