// A statement for tests: November, which goes on, with one model that has no price.
import type { NamedRow, SeriesRow, Statement, StatementMonth } from '@/lib/api/types'

import { amounts } from './usage'

const PRICED = { calls: 2, cost_usd: '0.500000001', tokens: { input: 160, output: 40, total: 200 } }
const UNPRICED = { calls: 1, unpriced_calls: 1, cost_status: 'unknown', tokens: { total: 9 } } as const
const ALL = amounts({
  calls: 3,
  unpriced_calls: 1,
  cost_usd: PRICED.cost_usd,
  cost_status: 'incomplete',
  tokens: { input: 160, output: 40, total: 209 },
})
const MODELS: SeriesRow[] = [
  { provider: 'openai', model: 'gpt-4.1-mini', category: 'llm', ...amounts(PRICED) },
  { provider: 'new', model: 'unheard-of', category: 'llm', ...amounts(UNPRICED) },
]
const MONTHS: StatementMonth[] = [
  { month: '2026-11', invoiced: [], ...ALL },
  { month: '2026-10', invoiced: [{ currency: 'usd', amount: 2900 }], ...amounts() },
]

const rowOf = (name: string | null, given: Parameters<typeof amounts>[0]): NamedRow => ({
  name,
  label: null,
  ...amounts(given),
})

export function statementOf(changes: Partial<Statement> = {}): Statement {
  return {
    tenant_id: 'acme',
    tenant_name: 'Acme',
    month: '2026-11',
    from: '2026-11-01T00:00:00Z',
    to: '2026-12-01T00:00:00Z',
    is_over: false,
    usage: { ...ALL, runs: 1 },
    by_model: MODELS,
    by_user: [rowOf('ada', PRICED), rowOf(null, UNPRICED)],
    by_workflow: [rowOf('triage', PRICED), rowOf(null, UNPRICED)],
    invoiced: [],
    invoices: [],
    months: MONTHS,
    ...changes,
  }
}
