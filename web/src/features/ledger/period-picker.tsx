// The period is in the address, so it can be shared and the back button works.
import { lazy, Suspense, useState } from 'react'
import { useSearchParams } from 'react-router'

import { Segmented } from '@/components/segmented'
import { Skeleton } from '@/components/skeleton'
import { dateIn } from '@/lib/format'

import { choiceOf, dateAfter, withPeriod, type RangeChoice } from '@/features/metering/range'

const DatesForm = lazy(async () => ({ default: (await import('./dates-form')).DatesForm }))

const CHOICES = [
  { value: 'current', label: 'This period' },
  { value: 'previous', label: 'Previous' },
  { value: 'custom', label: 'Custom' },
] as const

const FIRST_GUESS_DAYS = 30

/** `now` is by the API's clock. */
export function PeriodPicker({ now, zone }: { now: string; zone: string }) {
  const [search, setSearch] = useSearchParams()
  const { choice, dates } = choiceOf(search, zone)
  const [editing, setEditing] = useState(false)
  const today = dateIn(now, zone)
  const choose = (chosen: RangeChoice) => {
    setEditing(chosen === 'custom')
    if (chosen !== 'custom')
      setSearch((before) => withPeriod(before, chosen === 'previous' ? { period: chosen } : {}))
  }
  const isCustom = editing || choice === 'custom'
  const start = dates ?? { from: dateAfter(today, 1 - FIRST_GUESS_DAYS), to: today }
  return (
    <div className="flex min-w-0 flex-col items-start gap-3 sm:items-end">
      <Segmented label="Period" options={CHOICES} value={isCustom ? 'custom' : choice} onChange={choose} />
      {isCustom && (
        <Suspense fallback={<Skeleton className="h-20 w-80" />}>
          <DatesForm
            key={`${start.from} ${start.to}`}
            start={start}
            today={today}
            zone={zone}
            onChoose={(chosen) => setSearch((before) => withPeriod(before, chosen))}
          />
        </Suspense>
      )}
    </div>
  )
}
