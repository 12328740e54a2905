// Ways between the pages of a list. The page is in the address, so the browser's own back button works too.
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useLocation, useNavigate, useSearchParams } from 'react-router'

import { Button, LinkButton } from '@/components/button'

import { pageAddress } from './use-filters'

/** `next` is the cursor of the next page. */
export function PagesNav({ label, next }: { label: string; next: string | null | undefined }) {
  const [search] = useSearchParams()
  const isFirst = !search.has('cursor')
  if (isFirst && !next) return null
  return (
    <nav aria-label={label} className="flex justify-between gap-3 border-t border-line px-4 py-2.5">
      <span>{!isFirst && <Back first={pageAddress(search)} />}</span>
      {next && (
        <LinkButton size="sm" to={pageAddress(search, next)} state={CAME_FROM_LIST}>
          Next page <ChevronRight aria-hidden className="size-4" />
        </LinkButton>
      )}
    </nav>
  )
}

const CAME_FROM_LIST = { hasPreviousPage: true }

/** Cursors lead forward only: the previous page is the previous address, if the reader came from there. */
function Back({ first }: { first: string }) {
  const navigate = useNavigate()
  const { state } = useLocation() as { state: Partial<typeof CAME_FROM_LIST> | null }
  if (state?.hasPreviousPage) {
    return (
      <Button size="sm" icon={ChevronLeft} onClick={() => void navigate(-1)}>
        Previous page
      </Button>
    )
  }
  return (
    <LinkButton size="sm" icon={ChevronLeft} to={first}>
      First page
    </LinkButton>
  )
}
