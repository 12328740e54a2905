import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'

import { CONTROL } from './control'
import { cx } from './cx'
import { useFieldWiring } from './field'

type SelectProps = Omit<ComponentProps<'select'>, 'children'> & {
  options: readonly { value: string; label: string; disabled?: boolean }[]
}

/** Outside of a Field give it an `aria-label`. */
export function Select({ options, className, ...rest }: SelectProps) {
  return (
    <span className={cx('relative block', className)}>
      <select {...useFieldWiring()} {...rest} className={cx(CONTROL, 'appearance-none ps-3 pe-8')}>
        {options.map(({ value, label, disabled }) => (
          <option key={value} value={value} disabled={disabled} className="bg-raised text-ink">
            {label}
          </option>
        ))}
      </select>
      <ChevronDown
        aria-hidden
        className="pointer-events-none absolute inset-e-2.5 top-1/2 size-4 -translate-y-1/2 text-ink-faint"
      />
    </span>
  )
}
