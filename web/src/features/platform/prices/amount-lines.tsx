import { Plus, X } from 'lucide-react'

import { Button, IconButton } from '@/components/button'
import { Select } from '@/components/select'
import { TextInput } from '@/components/text-input'

import { UNIT_OPTIONS, type Line } from './price-form'

type AmountLinesProps = { lines: Line[]; onChange: (lines: Line[]) => void }

/** USD for each unit; no unit twice. */
export function AmountLines({ lines, onChange }: AmountLinesProps) {
  const used = new Set(lines.map(({ unit }) => unit))
  const free = UNIT_OPTIONS.find(({ value }) => !used.has(value))
  const change = (at: number, changes: Partial<Line>) =>
    onChange(lines.map((line, index) => (index === at ? { ...line, ...changes } : line)))
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium text-ink">Amounts in USD</legend>
      {lines.map((line, index) => (
        <div key={line.unit} className="flex items-center gap-2">
          <Select
            aria-label={`Unit ${index + 1}`}
            className="min-w-0 grow"
            options={UNIT_OPTIONS.filter(({ value }) => value === line.unit || !used.has(value))}
            value={line.unit}
            onChange={({ target }) => change(index, { unit: target.value })}
          />
          <TextInput
            aria-label={`USD for ${labelOf(line.unit)}`}
            pattern="[0-9]{1,7}(\.[0-9]{1,12})?"
            title="An amount such as 2.50."
            placeholder="2.50"
            inputMode="decimal"
            value={line.usd}
            onChange={({ target }) => change(index, { usd: target.value })}
            className="max-w-28"
          />
          <IconButton
            aria-label={`Remove ${labelOf(line.unit)}`}
            icon={X}
            size="sm"
            onClick={() => onChange(lines.toSpliced(index, 1))}
          />
        </div>
      ))}
      {free && (
        <Button
          size="sm"
          variant="ghost"
          icon={Plus}
          className="justify-self-start"
          onClick={() => onChange([...lines, { unit: free.value, usd: '' }])}
        >
          Add an amount
        </Button>
      )}
    </fieldset>
  )
}

function labelOf(unit: string): string {
  return UNIT_OPTIONS.find(({ value }) => value === unit)?.label ?? unit
}
