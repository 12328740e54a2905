import type { Scope } from '@/lib/api/types'

type ScopeText = { scope: Scope; label: string; hint: string }

export const SCOPES: readonly ScopeText[] = [
  {
    scope: 'usage:write',
    label: 'Record usage',
    hint: 'Send events, and admit, extend and end runs.',
  },
  {
    scope: 'limits:read',
    label: 'Check limits',
    hint: 'Check whether a request fits the limits before making it.',
  },
  {
    scope: 'usage:read',
    label: 'Read usage',
    hint: 'Read usage, runs, events, and invoices without their links.',
  },
  { scope: 'billing:write', label: 'Manage billing', hint: 'Open the checkout and the billing portal.' },
]

export const AGENT_SCOPES: readonly Scope[] = ['usage:write', 'limits:read']
