import { DataTable, type Column } from '@/components/data-table'
import { RelativeTime } from '@/components/instant'
import { formatInteger } from '@/lib/format'
import type { DeadLetter } from '@/lib/api/types'

import { Nothing, Section } from './section'

const KINDS: Record<DeadLetter['kind'], string> = {
  tick: 'Tick',
  mail: 'Mail',
  webhook: 'Webhook',
  operator: 'Mail to operators',
}

export function DeadLettersCard({ letters }: { letters: DeadLetter[] | undefined }) {
  return (
    <Section
      id="dead-letters"
      title="Dead letters"
      description="Given up after several attempts. Nothing tries them again."
    >
      <DataTable
        caption="Dead letters"
        columns={COLUMNS}
        rows={letters}
        rowKey={({ id }) => id}
        loadingRows={2}
        empty={<Nothing>Nothing was given up.</Nothing>}
      />
    </Section>
  )
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  {
    key: 'text',
    header: 'What',
    cell: ({ kind, text, error }) => (
      <>
        <span className="block text-xs font-normal text-ink-faint">{KINDS[kind]}</span>
        <span className="block wrap-anywhere">{text}</span>
        {error !== null && (
          <span className="block text-xs font-normal wrap-anywhere text-danger-text">{error}</span>
        )}
      </>
    ),
  },
  {
    key: 'attempts',
    header: 'Attempts',
    align: 'end',
    hideBelow: 'sm',
    cell: ({ attempts }) => formatInteger(attempts),
  },
  { key: 'at', header: 'At', cell: ({ at }) => <RelativeTime at={at} className="whitespace-nowrap" /> },
]
