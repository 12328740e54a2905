// A choice of a few that need explaining: each is a card with its reason.
import { useId, type ReactNode } from 'react'

import { cx } from './cx'

type RadioCardsProps<Value extends string> = {
  label: string
  options: readonly { value: Value; label: string; hint?: ReactNode; disabled?: boolean }[]
  value: Value
  onChange: (value: Value) => void
}

export function RadioCards<Value extends string>({
  label,
  options,
  value,
  onChange,
}: RadioCardsProps<Value>) {
  const name = useId()
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-sm font-medium text-ink">{label}</legend>
      <div className="grid gap-2">
        {options.map((option) => (
          <label
            key={option.value}
            className={cx(
              'flex items-start gap-3 rounded-lg border border-line bg-surface px-3.5 py-2.5 transition-colors',
              'has-checked:border-accent-text has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent-text',
              option.disabled ? 'opacity-60' : 'cursor-pointer hover:border-control',
            )}
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              disabled={option.disabled}
              onChange={() => onChange(option.value)}
              className="mt-0.5 size-4 shrink-0 accent-accent outline-none"
            />
            <span className="min-w-0">
              <span className="block font-medium text-ink">{option.label}</span>
              {option.hint !== undefined && (
                <span className="block text-xs text-ink-soft">{option.hint}</span>
              )}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
