import type { SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Field } from '@/components/field'
import { Select } from '@/components/select'
import { TextInput } from '@/components/text-input'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { tenantPath } from '@/lib/api/queries'
import type { Endpoint, EndpointWithSecret } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { firstProblem } from './first-problem'
import { FORMAT_LABELS } from './formats'
import { alertEndpointsQuery } from './queries'

type CreateEndpointDialogProps = { onClose: () => void; onMade: (made: EndpointWithSecret) => void }
type Order = Pick<Endpoint, 'url' | 'format'>

const FORM = 'create-endpoint'
const FORMATS = (['json', 'slack'] as const).map((value) => ({ value, label: FORMAT_LABELS[value] }))

export function CreateEndpointDialog({ onClose, onMade }: CreateEndpointDialogProps) {
  const { id } = useTenant()
  const creation = useSettingsMutation<Order, EndpointWithSecret>({
    change: (order) => call(`${tenantPath(id)}/alert-endpoints`, { method: 'POST', body: order }),
    outdated: [alertEndpointsQuery(id).queryKey],
    done: null,
    onDone: onMade,
  })
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    creation.mutate(Object.fromEntries(new FormData(event.currentTarget)) as Order)
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add a webhook"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={FORM} variant="primary" loading={creation.isPending}>
            Add webhook
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={submit} noValidate className="flex flex-col gap-5">
        <Field
          label="URL"
          hint="A public https address. For Slack, the URL of an incoming webhook."
          error={firstProblem(creation.error)}
        >
          <TextInput name="url" type="url" autoComplete="off" placeholder="https://" required />
        </Field>
        <Field label="Format">
          <Select name="format" options={FORMATS} />
        </Field>
      </form>
    </Dialog>
  )
}
