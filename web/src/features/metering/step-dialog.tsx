// One step of a run with everything that its event says.
import { ChevronDown, ChevronUp } from 'lucide-react'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { capitalized, formatInteger } from '@/lib/format'

import { EventContent } from './event-content'
import type { RunSteps } from './run-steps'
import { stepName, timeText } from './step-text'

type StepDialogProps = {
  run: RunSteps
  /** Undefined while no step is open. */
  index: number | undefined
  onOpen: (index: number) => void
  onClose: () => void
}

export function StepDialog({ run, index, onOpen, onClose }: StepDialogProps) {
  const step = index === undefined ? undefined : run.steps[index]
  const place = index ?? 0
  return (
    <Dialog
      open={step !== undefined}
      onClose={onClose}
      title={step ? stepName(step.event) : ''}
      description={
        step && (
          <>
            Step {formatInteger(place + 1)} of {formatInteger(run.steps.length)}.{' '}
            {capitalized(timeText(step, run.start))}
          </>
        )
      }
      footer={
        <>
          <Button icon={ChevronUp} disabled={place === 0} onClick={() => onOpen(place - 1)}>
            Previous
          </Button>
          <Button
            icon={ChevronDown}
            disabled={place === run.steps.length - 1}
            onClick={() => onOpen(place + 1)}
          >
            Next
          </Button>
        </>
      }
    >
      {step && (
        <EventContent
          event={step.event}
          costPercent={step.costPercent}
          isCostliest={place === run.costliest}
        />
      )}
    </Dialog>
  )
}
