// The console's routes that the API does not describe yet.
export type Price = {
  tenant_id: string | null
  provider: string
  model: string | null
  model_prefix: string | null
  starts: string
  per_million: Record<string, string>
  per_unit: Record<string, string>
  percent: string | null
  same_as: string | null
}
export type PriceBook = { version: number; prices: Price[] }
export type PriceChanges = {
  version: number
  added: Price[]
  removed: Price[]
  effect: {
    tenants: number
    cost_before_usd: string
    cost_after_usd: string
    negative_before: number
    negative_after: number
    sentences: string[]
    is_cut: boolean
  }
}

export type Reconciliation = { differences: string[]; left: string[]; repaired: boolean }
