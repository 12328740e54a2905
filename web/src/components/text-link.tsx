import { Link, type LinkProps } from 'react-router'

import { cx } from './cx'

export const TEXT_LINK =
  'font-medium text-accent-text underline underline-offset-3 decoration-1 hover:decoration-2'

export function TextLink({ className, ...rest }: LinkProps) {
  return <Link {...rest} className={cx(TEXT_LINK, className)} />
}
