import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'

import { Button, type ButtonSize, type ButtonVariant } from './button'

type CopyButtonProps = {
  text: string
  /** Accessible name of the copied text: "API key". */
  what: string
  /** Shown on the button. The accessible name has to contain it. */
  label?: string
  variant?: ButtonVariant
  size?: ButtonSize
}

type Outcome = 'copied' | 'refused' | null

const SHOWN_MS = 2500

export function CopyButton({
  text,
  what,
  label = 'Copy',
  variant = 'secondary',
  size = 'sm',
}: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome>(null)
  useEffect(() => {
    if (outcome === null) return
    const timer = setTimeout(() => setOutcome(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = () => void written(text).then(setOutcome)
  return (
    <>
      <Button
        variant={variant}
        size={size}
        icon={outcome === 'copied' ? Check : Copy}
        aria-label={`Copy ${what}`}
        onClick={copy}
      >
        {/* Both words share one place, so the button keeps its width. */}
        <span className="grid justify-items-start *:col-start-1 *:row-start-1">
          <span className={outcome === 'copied' ? 'invisible' : undefined}>{label}</span>
          <span className={outcome === 'copied' ? undefined : 'invisible'}>Copied</span>
        </span>
      </Button>
      <span role="status" className="sr-only">
        {outcome === 'copied' && `${what} copied`}
        {outcome === 'refused' && 'Copy failed. Select the text and copy it manually.'}
      </span>
    </>
  )
}

async function written(text: string): Promise<Outcome> {
  try {
    await navigator.clipboard.writeText(text)
    return 'copied'
  } catch {
    return 'refused'
  }
}
