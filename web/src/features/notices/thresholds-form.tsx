// The percentages of the limits at which alerts are raised.
import { useState, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Field } from '@/components/field'
import { TextInput } from '@/components/text-input'
import { CHANGED_MEANWHILE, useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { codeOf } from '@/lib/api/problem'
import { tenantPath } from '@/lib/api/queries'
import type { Thresholds } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { firstProblem } from './first-problem'
import { alertThresholdsQuery } from './queries'
import { percentsIn } from '@/lib/percents'

export function ThresholdsForm({ thresholds }: { thresholds: Thresholds }) {
  const { id } = useTenant()
  const { version } = thresholds
  const stored = thresholds.percents.join(', ')
  const [typed, setTyped] = useState<string | null>(null)
  /** Null means the default. */
  const change = useSettingsMutation<number[] | null>({
    change: (percents) =>
      call(`${tenantPath(id)}/alert-thresholds`, { method: 'PUT', body: { percents, version } }),
    outdated: [alertThresholdsQuery(id).queryKey],
    done: (percents) => (percents === null ? 'Thresholds reset to default' : 'Thresholds saved'),
    onDone: () => setTyped(null),
  })
  const text = typed ?? stored
  const percents = percentsIn(text)
  const showStored = (error: Error) => codeOf(error) === CHANGED_MEANWHILE && setTyped(null)
  const save = (event: SubmitEvent) => {
    event.preventDefault()
    if (percents) change.mutate(percents, { onError: showStored })
  }
  return (
    <form onSubmit={save} noValidate className="flex flex-col items-start gap-3 sm:flex-row">
      <div className="w-full min-w-0 flex-1">
        <Field
          label="Percentages of a limit"
          hint="1 to 10 whole numbers, separated by commas."
          error={percents ? firstProblem(change.error) : 'Enter whole numbers, separated by commas.'}
        >
          <TextInput autoComplete="off" value={text} onChange={(event) => setTyped(event.target.value)} />
        </Field>
      </div>
      <Button
        type="submit"
        loading={change.isPending}
        disabled={!percents || text === stored}
        className="sm:mt-6.5"
      >
        Save
      </Button>
      {!thresholds.is_default && (
        <Button
          variant="ghost"
          disabled={change.isPending}
          onClick={() => change.mutate(null, { onError: showStored })}
          className="sm:mt-6.5"
        >
          Reset to default
        </Button>
      )}
    </form>
  )
}
