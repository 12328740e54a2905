// Two to four radio buttons drawn as one control.
import type { LucideIcon } from 'lucide-react'
import { useId } from 'react'

import { cx } from './cx'

type Option<Value extends string> = { value: Value; label: string; icon?: LucideIcon }

type SegmentedProps<Value extends string> = {
  label: string
  options: readonly Option<Value>[]
  value: Value
  onChange: (value: Value) => void
  size?: 'sm' | 'md'
  iconsOnly?: boolean
}

export function Segmented<Value extends string>(props: SegmentedProps<Value>) {
  const name = useId()
  return (
    <fieldset className="inline-flex max-w-full rounded-lg bg-sunken p-0.5">
      <legend className="sr-only">{props.label}</legend>
      {props.options.map((option) => (
        <Choice key={option.value} option={option} name={name} group={props} />
      ))}
    </fieldset>
  )
}

type ChoiceProps<Value extends string> = { option: Option<Value>; name: string; group: SegmentedProps<Value> }

function Choice<Value extends string>({ option, name, group }: ChoiceProps<Value>) {
  const { size = 'md', iconsOnly = false } = group
  const Icon = option.icon
  return (
    <label
      title={iconsOnly ? option.label : undefined}
      className={cx(
        'relative inline-flex min-w-0 cursor-pointer items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap',
        'text-ink-soft transition-colors hover:text-ink has-checked:bg-surface has-checked:text-ink has-checked:ring-1 has-checked:ring-control dark:has-checked:bg-line has-checked:forced-chosen',
        'has-focus-visible:outline-2 has-focus-visible:outline-accent-text pointer-coarse:min-h-10',
        size === 'sm' ? 'min-h-7 px-2 text-xs' : 'min-h-8 px-3 text-sm',
      )}
    >
      <input
        type="radio"
        name={name}
        value={option.value}
        checked={group.value === option.value}
        onChange={() => group.onChange(option.value)}
        className="absolute inset-0 cursor-pointer appearance-none rounded-md outline-none"
      />
      {Icon && <Icon aria-hidden className="size-3.5 shrink-0" />}
      <span className={iconsOnly ? 'sr-only' : 'truncate'}>{option.label}</span>
    </label>
  )
}
