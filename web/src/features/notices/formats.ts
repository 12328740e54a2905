import type { Endpoint } from '@/lib/api/types'

export const FORMAT_LABELS: Record<Endpoint['format'], string> = { json: 'JSON', slack: 'Slack' }
