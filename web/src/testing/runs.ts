// Runs and their events as the API serves them.
import type { Run, UsageEvent } from '@/lib/api/types'

import { amounts } from './usage'

/** A completed run of ten seconds, with `changes` instead of its parts. */
export function runOf(changes: Partial<Run> = {}): Run {
  return {
    ...amounts({
      calls: 2,
      tool_calls: 1,
      cost_usd: '0.120000000',
      tokens: { input: 1500, output: 300, total: 1800 },
    }),
    id: 'run-1',
    parent_run_id: null,
    user_id: null,
    workflow_id: null,
    tags: null,
    status: 'completed',
    is_silent: false,
    began_at: '2026-11-22T12:00:00Z',
    last_at: '2026-11-22T12:00:10Z',
    duration_ms: 10_000,
    hold: null,
    remaining_usd: null,
    remaining_tokens: null,
    over: null,
    ended_at: null,
    error: null,
    ...changes,
  }
}

/** A priced LLM call of two seconds, with `changes` instead of its parts. */
export function eventOf(changes: Partial<UsageEvent> = {}): UsageEvent {
  return {
    id: 'event-1',
    ts: '2026-11-22T12:00:02Z',
    category: 'llm',
    provider: 'openai',
    model: 'gpt-4.1-mini',
    series: { provider: 'openai', model: 'gpt-4.1-mini' },
    status: 'ok',
    tokens: {
      input_tokens: 1000,
      output_tokens: 200,
      total_tokens: 1200,
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      cache_write_1h_tokens: 0,
      reasoning_tokens: 0,
    },
    latency_ms: 2000,
    served_model: null,
    cost_usd: '0.060000000',
    cost_status: 'client',
    unread: [],
    price_source: 'client',
    catalog_cost_usd: null,
    user_id: null,
    run_id: 'run-1',
    parent_run_id: null,
    workflow_id: null,
    request_id: null,
    kind: null,
    api_key: null,
    tags: null,
    metadata: null,
    metadata_cut: false,
    redactions: 0,
    correction: null,
    adjusts: null,
    error: null,
    ...changes,
  }
}
