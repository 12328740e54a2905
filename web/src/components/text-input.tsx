// One line of text. Inside a Field it takes the field's label, hint and error.
import type { ComponentProps } from 'react'

import { CONTROL } from './control'
import { cx } from './cx'
import { useFieldWiring } from './field'

export function TextInput({ className, ...rest }: ComponentProps<'input'>) {
  return <input type="text" {...useFieldWiring()} {...rest} className={cx(CONTROL, 'px-3', className)} />
}
