import { EmptyState } from '@/components/empty-state'
import { FullPage } from '@/components/full-page'
import { LinkButton } from '@/components/button'

export function NotFoundPage() {
  return (
    <FullPage>
      <title>Not found · GWI Usage</title>
      <EmptyState
        level={1}
        title="Page not found"
        description="Check the address, or go back to your usage."
        action={<LinkButton to="/">Go to usage</LinkButton>}
      />
    </FullPage>
  )
}
