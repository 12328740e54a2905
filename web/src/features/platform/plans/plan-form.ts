// The fields of a plan as text, and the plan that they make.
import type { PlanTable } from '@/lib/api/types'

type PlanField = {
  name: string
  label: string
  pattern: string
  title: string
  text: (plan: PlanTable) => string
}

const COUNT = { pattern: '[0-9][0-9,_ ]*', title: 'A number such as 1,000,000.' }
const USD = { pattern: '[0-9]{1,7}(\\.[0-9]{1,9})?', title: 'An amount such as 49.00.' }
const PRICE = { pattern: '[0-9]{1,6}(\\.[0-9]{1,2})?', title: 'An amount such as 29.00.' }
const PERCENT = { pattern: '[0-9]{1,3}', title: 'A percentage such as 80.' }
const PERCENTS = { pattern: '[0-9, ]*', title: 'Percentages such as 50, 80, 100.' }

const number = (value: number | null | undefined) => value?.toLocaleString('en-US') ?? ''

export const PLAN_FIELDS: readonly PlanField[] = [
  { name: 'tokens', label: 'Tokens per period', ...COUNT, text: ({ tokens }) => number(tokens) },
  { name: 'runs', label: 'Runs per period', ...COUNT, text: ({ runs }) => number(runs) },
  {
    ...{ name: 'requests_per_minute', label: 'Requests per minute', ...COUNT },
    text: (plan) => number(plan.requests_per_minute),
  },
  {
    ...{ name: 'provider_cost_usd', label: 'Provider cost per period, in USD', ...USD },
    text: (plan) => plan.provider_cost_usd ?? '',
  },
  { name: 'month', label: 'Monthly price, in USD', ...PRICE, text: ({ prices }) => prices?.month ?? '' },
  { name: 'year', label: 'Yearly price, in USD', ...PRICE, text: ({ prices }) => prices?.year ?? '' },
  {
    name: 'soft_percent',
    label: 'Alert at, in percent',
    ...PERCENT,
    text: (plan) => number(plan.soft_percent),
  },
  {
    name: 'hard_percent',
    label: 'Limit at, in percent',
    ...PERCENT,
    text: (plan) => number(plan.hard_percent),
  },
  {
    ...{ name: 'alert_percents', label: 'Alerts at, in percent', ...PERCENTS },
    text: (plan) => plan.alert_percents?.join(', ') ?? '',
  },
  { name: 'trial_days', label: 'Days of trial', ...PERCENT, text: ({ trial_days }) => number(trial_days) },
]

type Form = Record<string, string>

/** The plan of a filled form; `id` where it is fixed. */
export function planOf(form: Form, id = form.id ?? ''): PlanTable {
  const percents = namesOf(form.alert_percents).map(Number)
  return {
    id,
    name: (form.name ?? '').trim(),
    tokens: countIn(form.tokens),
    runs: countIn(form.runs),
    requests_per_minute: countIn(form.requests_per_minute),
    provider_cost_usd: textIn(form.provider_cost_usd),
    soft_percent: countIn(form.soft_percent),
    hard_percent: countIn(form.hard_percent),
    alert_percents: percents.length === 0 ? null : percents,
    prices: { month: textIn(form.month), year: textIn(form.year) },
    trial_days: countIn(form.trial_days),
    visible: form.visible === 'true',
  }
}

/** What a text separated by commas names. */
export function namesOf(text = ''): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
}

function countIn(text = ''): number | null {
  const digits = text.replace(/[,_ ]/g, '')
  return digits === '' ? null : Number(digits)
}

function textIn(text = ''): string | null {
  return text.trim() || null
}
