import { useId, useState, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Field } from '@/components/field'
import { TextInput } from '@/components/text-input'

import { problemsOf, type Dates } from '@/features/metering/range'

import { presetsOf } from './presets'

type DatesFormProps = { start: Dates; today: string; zone: string; onChoose: (dates: Dates) => void }

export function DatesForm({ start, today, zone, onChoose }: DatesFormProps) {
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
    <form
      onSubmit={submit}
      noValidate
      aria-describedby={hintId}
      className="flex flex-wrap items-start gap-3 sm:justify-end"
    >
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
        Apply
      </Button>
      <ul aria-label="Ranges" className="flex basis-full flex-wrap gap-1.5 sm:justify-end">
        {presetsOf(today).map(({ label, dates: preset }) => (
          <li key={label}>
            <Button
              size="sm"
              variant={isSame(preset, start) ? 'secondary' : 'ghost'}
              aria-pressed={isSame(preset, start)}
              onClick={() => onChoose(preset)}
            >
              {label}
            </Button>
          </li>
        ))}
      </ul>
      <p id={hintId} className="basis-full text-xs text-ink-faint sm:text-end">
        Days start at midnight in time zone {zone}. The last day is included.
      </p>
    </form>
  )
}

function isSame(one: Dates, other: Dates): boolean {
  return one.from === other.from && one.to === other.to
}
