export const FILTERS = ['q', 'plan', 'status', 'over_80', 'past_due', 'sort'] as const

export type FilterValues = Record<(typeof FILTERS)[number], string | undefined>
