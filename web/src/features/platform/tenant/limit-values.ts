// Limits as an operator types them: a number, "unlimited", or nothing for the plan's own.
import type { OwnLimits } from '@/lib/api/types'
import { limitOf } from '@/lib/limit-text'

export const UNLIMITED = 'unlimited'

export type CountName = 'tokens' | 'runs' | 'requests_per_minute' | 'soft_percent' | 'hard_percent'

/** The pattern of inputs for counts. */
export const COUNT_PATTERN = `[0-9][0-9,_ ]*|${UNLIMITED}`
export const COUNT_TITLE = `A number such as 1,000,000, or “${UNLIMITED}”.`

/** Null for an empty text. */
export function countOf(text: string | undefined): number | null {
  const typed = (text ?? '').trim()
  if (typed === '') return null
  return typed === UNLIMITED ? limitOf(null) : Number(typed.replace(/[,_ ]/g, ''))
}

export function textOfCount(value: number | null | undefined): string {
  if (value === null || value === undefined) return ''
  return value === limitOf(null) ? UNLIMITED : value.toLocaleString('en-US')
}

export function ownLimitsOf(form: Record<string, string>): OwnLimits {
  return {
    tokens: countOf(form.tokens),
    runs: countOf(form.runs),
    provider_cost_usd: form.provider_cost_usd?.trim() || null,
    requests_per_minute: countOf(form.requests_per_minute),
    soft_percent: countOf(form.soft_percent),
    hard_percent: countOf(form.hard_percent),
  }
}
