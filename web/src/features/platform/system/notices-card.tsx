import { DataTable, type Column } from '@/components/data-table'
import { RelativeTime } from '@/components/instant'
import type { OperatorNotice } from '@/lib/api/types'

import { Nothing, Section } from './section'

export function NoticesCard({ notices }: { notices: OperatorNotice[] | undefined }) {
  const rows = notices?.map((notice, index) => ({ ...notice, key: `${notice.at} ${index}` }))
  return (
    <Section
      id="notices"
      title="Notices"
      description="Messages of the platform to its operators, newest first."
    >
      <DataTable
        caption="Notices"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ key }) => key}
        loadingRows={2}
        empty={<Nothing>No notices.</Nothing>}
      />
    </Section>
  )
}

const COLUMNS: readonly Column<OperatorNotice & { key: string }>[] = [
  {
    key: 'notice',
    header: 'Notice',
    cell: ({ title, text }) => (
      <>
        <span className="block wrap-anywhere">{title}</span>
        <span className="block font-normal wrap-anywhere whitespace-pre-line text-ink-soft">{text}</span>
      </>
    ),
  },
  { key: 'at', header: 'At', cell: ({ at }) => <RelativeTime at={at} className="whitespace-nowrap" /> },
]
