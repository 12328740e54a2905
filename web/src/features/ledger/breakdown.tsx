import { useEffect, useRef } from 'react'
import { useLocation } from 'react-router'

import type { Usage } from '@/lib/api/types'

import { BreakdownCard } from './breakdown-card'
import { BREAKDOWN_ID } from './left-out'
import { ToolsCard } from './tools-card'

/** The series of a period, in tables. A link to them moves the focus here. */
export function Breakdown({ usage }: { usage: Usage }) {
  const tables = useRef<HTMLDivElement>(null)
  const { hash, key } = useLocation()
  useEffect(() => {
    if (hash !== `#${BREAKDOWN_ID}`) return
    tables.current?.scrollIntoView()
    tables.current?.focus({ preventScroll: true })
  }, [hash, key])
  return (
    <div
      id={BREAKDOWN_ID}
      ref={tables}
      tabIndex={-1}
      className="grid scroll-mt-20 grid-cols-[minmax(0,1fr)] gap-5 outline-none lg:scroll-mt-6"
    >
      <BreakdownCard usage={usage} />
      <ToolsCard aggregate={usage.aggregate} />
    </div>
  )
}
