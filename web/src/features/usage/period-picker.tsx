// Chooses the time that the page shows; the choice is in the address, so it can be shared and gone back from.
import { useId, useState, type SubmitEvent } from 'react'
import { useSearchParams } from 'react-router'

import { Button } from '@/components/button'
import { Field } from '@/components/field'
import { Segmented } from '@/components/segmented'
import { TextInput } from '@/components/text-input'

import { choiceOf, dateAfter, dateOf, problemsOf, type Dates, type RangeChoice } from './range'

const CHOICES = [
  { value: 'current', label: 'This period' },
  { value: 'previous', label: 'Previous' },
  { value: 'custom', label: 'Custom' },
] as const

const FIRST_GUESS_DAYS = 30

/** `now` is by the API's clock. */
export function PeriodPicker({ now }: { now: string }) {
  const [search, setSearch] = useSearchParams()
  const { choice, dates } = choiceOf(search)
  const [editing, setEditing] = useState(false)
  const today = dateOf(now)
  const choose = (chosen: RangeChoice) => {
    setEditing(chosen === 'custom')
    if (chosen !== 'custom') setSearch(chosen === 'previous' ? { period: 'previous' } : {})
  }
  const isCustom = editing || choice === 'custom'
  const start = dates ?? { from: dateAfter(today, 1 - FIRST_GUESS_DAYS), to: today }
  return (
    <div className="flex min-w-0 flex-col items-start gap-3 sm:items-end">
      <Segmented label="Period" options={CHOICES} value={isCustom ? 'custom' : choice} onChange={choose} />
      {isCustom && (
        <DatesForm
          key={`${start.from} ${start.to}`}
          start={start}
          today={today}
          onChoose={(chosen) => setSearch(chosen)}
        />
      )}
    </div>
  )
}

type DatesFormProps = { start: Dates; today: string; onChoose: (dates: Dates) => void }

function DatesForm({ start, today, onChoose }: DatesFormProps) {
  const [dates, setDates] = useState(start)
  const [isAsked, setAsked] = useState(false)
  const hintId = useId()
  const problems = problemsOf(dates, today)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    setAsked(true)
    if (Object.keys(problems).length === 0) onChoose(dates)
  }
  return (
    <form onSubmit={submit} noValidate aria-describedby={hintId} className="flex flex-wrap items-start gap-3 sm:justify-end">
      {(['from', 'to'] as const).map((edge) => (
        <div key={edge} className="w-40">
          <Field label={edge === 'from' ? 'From' : 'To'} error={isAsked ? problems[edge] : undefined}>
            <TextInput
              type="date"
              value={dates[edge]}
              max={today}
              onChange={(event) => setDates({ ...dates, [edge]: event.target.value })}
            />
          </Field>
        </div>
      ))}
      <Button type="submit" className="sm:mt-6.5">
        Show
      </Button>
      <p id={hintId} className="basis-full text-xs text-ink-faint sm:text-end">
        Days begin at midnight UTC, and the last one is included.
      </p>
    </form>
  )
}
