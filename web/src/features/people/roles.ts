import type { Role } from '@/lib/api/types'

export const ROLE_LABELS: Record<Role, string> = { owner: 'Owner', admin: 'Admin', member: 'Member' }

const ROLE_OPTIONS: readonly { value: Role; label: string }[] = [
  { value: 'member', label: 'Member: view usage and runs' },
  { value: 'admin', label: 'Admin: manage billing, keys and members' },
  { value: 'owner', label: 'Owner: manage everything, including owners' },
]

/** Admins cannot create owners. */
export function rolesFrom(giver: Role) {
  return giver === 'owner' ? ROLE_OPTIONS : ROLE_OPTIONS.filter(({ value }) => value !== 'owner')
}
