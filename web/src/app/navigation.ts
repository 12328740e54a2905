// The pages of a tenant, as its navigation lists them.
import { Activity, ChartColumn, CreditCard, Settings, type LucideIcon } from 'lucide-react'

export type NavigationItem = { to: string; label: string; icon: LucideIcon; end?: boolean }

/** The pages that this member can use. */
export function navigationOf(tenant: string, manages: boolean): NavigationItem[] {
  const base = `/t/${encodeURIComponent(tenant)}`
  const forAll = [
    { to: base, label: 'Usage', icon: ChartColumn, end: true },
    { to: `${base}/runs`, label: 'Runs', icon: Activity },
    { to: `${base}/upgrade`, label: 'Plans', icon: CreditCard },
  ]
  return manages ? [...forAll, { to: `${base}/settings`, label: 'Settings', icon: Settings }] : forAll
}
