import { dateAfter, type Dates } from '@/features/metering/range'

/** Ranges that people often ask for, up to `today` in the time zone. */
export function presetsOf(today: string): { label: string; dates: Dates }[] {
  const month = `${today.slice(0, 8)}01`
  const lastDay = dateAfter(month, -1)
  return [
    { label: 'Today', dates: { from: today, to: today } },
    { label: 'Last 7 days', dates: { from: dateAfter(today, -6), to: today } },
    { label: 'Last 30 days', dates: { from: dateAfter(today, -29), to: today } },
    { label: 'This month', dates: { from: month, to: today } },
    { label: 'Last month', dates: { from: `${lastDay.slice(0, 8)}01`, to: lastDay } },
  ]
}
