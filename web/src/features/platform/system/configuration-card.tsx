import { DataTable, type Column } from '@/components/data-table'
import type { Setting } from '@/lib/api/types'

import { Section } from './section'

export function ConfigurationCard({ settings }: { settings: Setting[] | undefined }) {
  return (
    <Section
      id="configuration"
      title="Configuration"
      description="From the environment of usage_api. Secrets are only said to be set or not."
    >
      <DataTable caption="Configuration" columns={COLUMNS} rows={settings} rowKey={({ name }) => name} />
    </Section>
  )
}

const COLUMNS: readonly Column<Setting>[] = [
  {
    key: 'name',
    header: 'Name',
    cell: ({ name, description }) => (
      <>
        <span className="block font-mono text-xs wrap-anywhere">{name}</span>
        <span className="block text-xs font-normal text-ink-faint">{description}</span>
      </>
    ),
  },
  {
    key: 'value',
    header: 'Value',
    cell: ({ value }) => <span className="wrap-anywhere">{value || '–'}</span>,
  },
]
