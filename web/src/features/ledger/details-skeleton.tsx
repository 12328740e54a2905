// Holds the place of what comes below the first row.
import { Skeleton } from '@/components/skeleton'

export function DetailsSkeleton() {
  return (
    <div role="status" className="grid gap-5">
      <span className="sr-only">Reading what drives the usage</span>
      <Skeleton className="h-[28rem] rounded-xl lg:h-[22.5rem]" />
      <Skeleton className="h-44 rounded-xl" />
      <Skeleton className="h-96 rounded-xl" />
    </div>
  )
}
