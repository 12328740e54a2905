import { CircleAlert } from 'lucide-react'
import { createContext, use, useId, type ReactNode } from 'react'

export type FieldWiring = { id?: string; 'aria-describedby'?: string; 'aria-invalid'?: true }

const Wiring = createContext<FieldWiring>({})

export function useFieldWiring(): FieldWiring {
  return use(Wiring)
}

type FieldProps = {
  label: string
  hint?: ReactNode
  error?: string | null | undefined
  /** Shown at the end of the label's line, such as "Forgot password?". */
  aside?: ReactNode
  children: ReactNode
}

/** Put exactly one TextInput or Select inside. */
export function Field({ label, hint, error, aside, children }: FieldProps) {
  const id = useId()
  const described = [error && `${id}-error`, hint !== undefined && `${id}-hint`].filter(Boolean).join(' ')
  const wiring: FieldWiring = {
    id,
    ...(described && { 'aria-describedby': described }),
    ...(error && { 'aria-invalid': true }),
  }
  return (
    <div className="min-w-0">
      <div className="mb-1.5 flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="text-sm font-medium text-ink">
          {label}
        </label>
        {aside}
      </div>
      <Wiring value={wiring}>{children}</Wiring>
      {error && (
        <p
          id={`${id}-error`}
          role="alert"
          className="mt-1.5 flex items-start gap-1.5 text-xs text-danger-text"
        >
          <CircleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
          {error}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1.5 text-xs text-ink-faint">
          {hint}
        </p>
      )}
    </div>
  )
}
