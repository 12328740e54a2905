import type { LucideIcon } from 'lucide-react'
import type { ComponentProps, MouseEvent } from 'react'
import { Link, type LinkProps } from 'react-router'

import { cx } from './cx'
import { Spinner } from './spinner'

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger'
export type ButtonSize = 'sm' | 'md' | 'lg'

type Look = {
  variant?: ButtonVariant | undefined
  size?: ButtonSize | undefined
  block?: boolean | undefined
}

const VARIANTS: Record<ButtonVariant, string> = {
  primary: 'bg-accent text-on-accent shadow-card hover:bg-accent-strong',
  secondary: 'border border-control/60 bg-surface text-ink shadow-card hover:bg-sunken',
  ghost: 'text-ink-soft hover:bg-sunken hover:text-ink',
  danger: 'bg-danger-button text-on-accent shadow-card hover:brightness-90',
}
const SIZES: Record<ButtonSize, string> = {
  sm: 'min-h-8 px-2.5 text-xs pointer-coarse:min-h-10',
  md: 'min-h-9 px-3.5 text-sm pointer-coarse:min-h-11',
  lg: 'min-h-11 px-5 text-base',
}
const SHAPE =
  'relative inline-flex items-center justify-center gap-2 rounded-lg font-medium transition-colors select-none text-center ' +
  'disabled:cursor-not-allowed disabled:opacity-50 aria-busy:cursor-progress'

export function buttonLook({ variant = 'secondary', size = 'md', block = false }: Look): string {
  return cx(SHAPE, VARIANTS[variant], SIZES[size], block && 'w-full')
}

type ButtonProps = ComponentProps<'button'> & Look & { loading?: boolean; icon?: LucideIcon }

/** A button. While `loading` it keeps its width and the focus, and presses do nothing. */
export function Button({
  variant,
  size,
  block,
  loading = false,
  icon: Icon,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const press = (event: MouseEvent<HTMLButtonElement>) =>
    loading ? event.preventDefault() : onClick?.(event)
  return (
    <button
      type="button"
      {...rest}
      onClick={press}
      aria-busy={loading || undefined}
      aria-disabled={loading || undefined}
      className={cx(buttonLook({ variant, size, block }), className)}
    >
      {loading && <Spinner className="absolute" />}
      <span className={cx('inline-flex items-center gap-2', loading && 'opacity-0')}>
        {Icon && <Icon aria-hidden className="size-4 shrink-0" />}
        {children}
      </span>
    </button>
  )
}

type LinkButtonProps = LinkProps & Look & { icon?: LucideIcon }

/** A link within the app, or with `reloadDocument` out of it, that looks like a button. */
export function LinkButton({
  variant,
  size,
  block,
  icon: Icon,
  className,
  children,
  ...rest
}: LinkButtonProps) {
  return (
    <Link {...rest} className={cx(buttonLook({ variant, size, block }), className)}>
      {Icon && <Icon aria-hidden className="size-4 shrink-0" />}
      {children}
    </Link>
  )
}

type IconButtonProps = Omit<ComponentProps<'button'>, 'children'> & {
  'aria-label': string
  icon: LucideIcon
  size?: 'sm' | 'md'
}

/** A button that is only an icon; its name is also its tooltip. */
export function IconButton({ icon: Icon, size = 'md', className, ...rest }: IconButtonProps) {
  const box = size === 'sm' ? 'size-7 pointer-coarse:size-10' : 'size-9 pointer-coarse:size-11'
  return (
    <button
      type="button"
      title={rest['aria-label']}
      {...rest}
      className={cx(
        'inline-flex shrink-0 items-center justify-center rounded-lg text-ink-soft transition-colors hover:bg-sunken hover:text-ink',
        'disabled:cursor-not-allowed disabled:opacity-50',
        box,
        className,
      )}
    >
      <Icon aria-hidden className="size-4" />
    </button>
  )
}
