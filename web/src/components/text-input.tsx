import type { ComponentProps } from 'react'

import { CONTROL } from './control'
import { cx } from './cx'
import { useFieldWiring } from './field'

export function TextInput({ className, ...rest }: ComponentProps<'input'>) {
  return <input type="text" {...useFieldWiring()} {...rest} className={cx(CONTROL, 'px-3', className)} />
}
