// The invoices of a tenant. They are read when the section comes near the screen, so an opening costs nothing.
import { useInfiniteQuery } from '@tanstack/react-query'
import { ReceiptText } from 'lucide-react'

import { Card } from '@/components/card'
import { DataTable } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { invoicesQuery } from '@/lib/api/queries'

import { invoiceColumns } from './invoice-columns'
import { useNearScreen } from './use-near-screen'

const SKELETON_ROWS = 3

export function InvoicesSection({ tenant }: { tenant: string }) {
  const [place, isNear] = useNearScreen<HTMLDivElement>()
  return (
    <div ref={place}>
      <Card title="Invoices" description="What was billed, newest first." flush>
        <Invoices tenant={tenant} wanted={isNear} />
      </Card>
    </div>
  )
}

function Invoices({ tenant, wanted }: { tenant: string; wanted: boolean }) {
  const query = useInfiniteQuery({ ...invoicesQuery(tenant), enabled: wanted })
  const { data, error, isFetching, isFetchingNextPage, hasNextPage } = query
  if (error && !data) {
    const retry = () => void query.refetch()
    return (
      <ErrorState
        title="The invoices could not be read"
        error={error}
        onRetry={retry}
        retrying={isFetching}
      />
    )
  }
  const more = { load: () => void query.fetchNextPage(), loading: isFetchingNextPage }
  return (
    <>
      <DataTable
        caption="Invoices, newest first"
        columns={invoiceColumns}
        rows={data?.pages.flatMap((page) => page.invoices)}
        rowKey={(invoice) => invoice.id}
        loadingRows={SKELETON_ROWS}
        more={hasNextPage ? more : undefined}
        empty={<NoInvoices />}
      />
      {error && (
        <p role="alert" className="px-4 py-3 text-danger-text sm:px-5">
          Older invoices could not be read: {error.message}
        </p>
      )}
    </>
  )
}

function NoInvoices() {
  return (
    <EmptyState
      icon={ReceiptText}
      title="No invoices yet"
      description="The first one appears here when a plan is paid for."
    />
  )
}
