// Shown instead of every page of a tenant that the operator has suspended.
import { Ban } from 'lucide-react'

import { Button } from '@/components/button'
import { EmptyState } from '@/components/empty-state'

export function Suspended({ onRetry }: { onRetry: () => void }) {
  return (
    <>
      <title>Suspended · GWI Usage</title>
      <EmptyState
        level={1}
        icon={Ban}
        title="This tenant is suspended"
        description="Its API keys are refused, new usage is not recorded, and nothing can be read. Its data is kept. Contact support to have it resumed."
        action={<Button onClick={onRetry}>Check again</Button>}
      />
    </>
  )
}
