// Which roles somebody may give: admins make no owners.
import type { Role } from '@/lib/api/types'

const OPTIONS: readonly { value: Role; label: string }[] = [
  { value: 'member', label: 'Member: sees usage and runs' },
  { value: 'admin', label: 'Admin: also billing, keys and members' },
  { value: 'owner', label: 'Owner: also other owners' },
]

/** The roles that `giver` may give. */
export function rolesFrom(giver: Role) {
  return giver === 'owner' ? OPTIONS : OPTIONS.filter(({ value }) => value !== 'owner')
}
