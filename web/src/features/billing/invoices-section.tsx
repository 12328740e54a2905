// Invoices load when the section is near the screen, so opening the page does not read them.
import { useInfiniteQuery } from '@tanstack/react-query'
import { ReceiptText } from 'lucide-react'

import { Card } from '@/components/card'
import { DataTable } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { invoicesQuery } from '@/lib/api/queries'

import { InvoiceCards } from './invoice-cards'
import { invoiceColumns } from './invoice-columns'
import { useNarrowScreen } from '@/components/use-narrow-screen'
import { useNearScreen } from './use-near-screen'

export function InvoicesSection({ tenant }: { tenant: string }) {
  const [place, isNear] = useNearScreen<HTMLDivElement>()
  return (
    <div ref={place}>
      <Card title="Invoices" description="Newest first." flush>
        <Invoices tenant={tenant} wanted={isNear} />
      </Card>
    </div>
  )
}

function Invoices({ tenant, wanted }: { tenant: string; wanted: boolean }) {
  const query = useInfiniteQuery({ ...invoicesQuery(tenant), enabled: wanted })
  const isNarrow = useNarrowScreen()
  const { data, error } = query
  const invoices = data?.pages.flatMap((page) => page.invoices)
  if (error && !data) return <ErrorState title="Could not load invoices" query={query} />
  return (
    <>
      {invoices?.length === 0 ? (
        <EmptyState
          icon={ReceiptText}
          title="No invoices yet"
          description="Invoices appear here after your first payment."
        />
      ) : isNarrow ? (
        <InvoiceCards invoices={invoices} more={query} />
      ) : (
        <DataTable
          caption="Invoices, newest first"
          columns={invoiceColumns}
          rows={invoices}
          rowKey={(invoice) => invoice.id}
          loadingRows={3}
          more={query}
        />
      )}
      {error && (
        <p role="alert" className="px-4 py-3 text-danger-text sm:px-5">
          Could not load older invoices: {error.message}
        </p>
      )}
    </>
  )
}
