// Holds the place of a time that is being read.
import { Skeleton } from '@/components/skeleton'

export function PastSkeleton() {
  return (
    <div role="status" className="grid gap-5">
      <span className="sr-only">Reading the usage of this time</span>
      <Skeleton className="h-44 rounded-xl" />
      <Skeleton className="h-96 rounded-xl" />
      <Skeleton className="h-96 rounded-xl" />
    </div>
  )
}
