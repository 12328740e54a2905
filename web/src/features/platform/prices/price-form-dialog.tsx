import { useId, useState, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Field } from '@/components/field'
import { Notice } from '@/components/notice'
import { Segmented } from '@/components/segmented'
import { Select } from '@/components/select'
import { TextInput } from '@/components/text-input'
import type { Price } from '@/lib/api/types'

import { AmountLines } from './amount-lines'
import { linesOf, priceOf, wayOf, type Way } from './price-form'
import { keyOf } from './price-text'

type PriceFormDialogProps = {
  start: Price
  isNew: boolean
  /** Keys of the other prices. */
  taken: ReadonlySet<string>
  onClose: () => void
  onSave: (price: Price) => void
}

const WAYS = [
  { value: 'amounts', label: 'Amounts' },
  { value: 'percent', label: 'Percent' },
  { value: 'same_as', label: 'Same as' },
] as const
const MATCHES = [
  { value: 'model', label: 'One model' },
  { value: 'prefix', label: 'Models that begin with' },
]

export function PriceFormDialog({ start, isNew, taken, onClose, onSave }: PriceFormDialogProps) {
  const form = useId()
  const [way, setWay] = useState<Way>(wayOf(start))
  const [lines, setLines] = useState(() => linesOf(start))
  const [problem, setProblem] = useState<string | null>(null)
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>
    const price = priceOf(given, way, lines)
    const found = problemOf(price, way, taken)
    if (found === null) onSave(price)
    else setProblem(found)
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={isNew ? 'Add a price' : 'Edit the price'}
      description="It holds from its day on, for what is recorded after you applied it."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} variant="primary">
            {isNew ? 'Add price' : 'Keep changes'}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="grid gap-4">
        {problem !== null && <Notice tone="danger" title={problem} />}
        <ModelFields start={start} />
        <Segmented label="Price by" options={WAYS} value={way} onChange={setWay} />
        {way === 'amounts' && <AmountLines lines={lines} onChange={setLines} />}
        {way === 'percent' && (
          <Field label="Percent of the catalog’s price" hint="-15 is 15% less, 10 is 10% more.">
            <TextInput
              name="percent"
              required
              pattern="[+\-]?[0-9]+(\.[0-9]+)?"
              title="A percentage such as -15."
              defaultValue={start.percent ?? ''}
              autoComplete="off"
            />
          </Field>
        )}
        {way === 'same_as' && (
          <Field label="Same as" hint="A provider and a model, such as openai/gpt-4o-mini.">
            <TextInput
              name="same_as"
              required
              pattern="[^\/]+\/.+"
              title="provider/model"
              defaultValue={start.same_as ?? ''}
              autoComplete="off"
            />
          </Field>
        )}
      </form>
    </Dialog>
  )
}

function ModelFields({ start }: { start: Price }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label="Provider">
        <TextInput name="provider" required defaultValue={start.provider} autoComplete="off" />
      </Field>
      <Field label="For">
        <Select
          name="match"
          options={MATCHES}
          defaultValue={start.model_prefix === null ? 'model' : 'prefix'}
        />
      </Field>
      <Field label="Model">
        <TextInput
          name="name"
          required
          defaultValue={start.model ?? start.model_prefix ?? ''}
          autoComplete="off"
        />
      </Field>
      <Field label="From" hint="A day in UTC.">
        <TextInput name="starts" type="date" required defaultValue={start.starts} />
      </Field>
      <Field label="Only for tenant" hint="The id of a tenant. Empty: for all.">
        <TextInput name="tenant" defaultValue={start.tenant_id ?? ''} autoComplete="off" />
      </Field>
    </div>
  )
}

function problemOf(price: Price, way: Way, taken: ReadonlySet<string>): string | null {
  const amounts = Object.keys(price.per_million).length + Object.keys(price.per_unit).length
  if (way === 'amounts' && amounts === 0) return 'Enter at least one amount.'
  if (taken.has(keyOf(price))) return 'This model already has a price from this day. Edit that one.'
  return null
}
