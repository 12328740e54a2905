// The plan catalog as the API serves it.
import type { Plan } from '@/lib/api/types'

function plan(
  id: string,
  tokens: number,
  runs: number,
  perMinute: number,
  month: string,
  year: string,
): Plan {
  return {
    id,
    version: 1,
    is_free: Number(month) === 0,
    provider_cost_usd_per_period: null,
    name: id.charAt(0).toUpperCase() + id.slice(1),
    tokens_per_period: tokens,
    runs_per_period: runs,
    requests_per_minute: perMinute,
    usd_monthly: month,
    usd_yearly: year,
    usd_yearly_per_month: (Number(year) / 12).toFixed(9),
    yearly_saving_percent: Number(month) === 0 ? 0 : 17,
  }
}

export const FREE = plan('free', 50_000, 10, 10, '0.00', '0.00')
export const STARTER = plan('starter', 500_000, 100, 30, '29.00', '290.00')
export const PROFESSIONAL = plan('professional', 2_000_000, 500, 60, '99.00', '990.00')
export const ENTERPRISE = plan('enterprise', 10_000_000, 2_000, 120, '499.00', '4990.00')

export const PLANS: Plan[] = [FREE, STARTER, PROFESSIONAL, ENTERPRISE]
