// An address that leads nowhere.
import { EmptyState } from '@/components/empty-state'
import { FullPage } from '@/components/full-page'
import { LinkButton } from '@/components/button'

export function NotFoundPage() {
  return (
    <FullPage>
      <title>Not found · GWI Usage</title>
      <EmptyState
        level={1}
        title="There is no such page"
        description="The address may be mistyped, or the page has moved."
        action={<LinkButton to="/">Go to your usage</LinkButton>}
      />
    </FullPage>
  )
}
