import { Link, type LinkProps } from 'react-router'

import { cx } from './cx'

export function TextLink({ className, ...rest }: LinkProps) {
  return (
    <Link
      {...rest}
      className={cx(
        'font-medium text-accent-text underline underline-offset-3 decoration-1 hover:decoration-2',
        className,
      )}
    />
  )
}
