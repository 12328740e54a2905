// Roles in words.
import type { Role } from '@/lib/api/types'

export const ROLE_LABELS: Record<Role, string> = { owner: 'Owner', admin: 'Admin', member: 'Member' }
