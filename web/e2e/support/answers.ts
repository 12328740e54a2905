// Responses in the API's shape that no tenant of the local stack has.

/** The usage route of any tenant, whatever interval is asked for. */
export const USAGE_ROUTE = /\/api\/v1\/tenants\/[^/]+\/usage(\?.*)?$/

const TOKENS = { input: 100, output: 20, total: 120, cache_read: 0, cache_write: 0, reasoning: 0 }

/** So many rows of a breakdown, each of a model of its own. */
export function seriesRows(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    provider: `provider-${index % 7}`,
    model: `model-${String(index).padStart(5, '0')}`,
    category: 'llm',
    calls: 1 + (index % 13),
    tool_calls: 0,
    errors: 0,
    unpriced_calls: 0,
    incomplete_calls: 0,
    latency_ms: 400,
    tokens: TOKENS,
    cost_usd: `0.${String(index).padStart(9, '0')}`,
    cost_status: 'complete',
  }))
}
