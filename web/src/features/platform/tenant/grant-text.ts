import type { TenantGrant } from '@/lib/api/types'
import { formatInteger } from '@/lib/format'

/** "100,000 tokens", "10 runs" or "plan professional". */
export function grantText({ plan, tokens, runs }: Pick<TenantGrant, 'plan' | 'tokens' | 'runs'>): string {
  if (tokens !== null) return `${formatInteger(tokens)} tokens`
  return runs === null ? `plan ${plan ?? 'unknown'}` : `${formatInteger(runs)} runs`
}
