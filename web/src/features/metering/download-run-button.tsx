import { Download } from 'lucide-react'

import { Button } from '@/components/button'
import type { Run, UsageEvent } from '@/lib/api/types'
import { saveFile } from '@/lib/save-file'

type DownloadRunButtonProps = { run: Run; events: readonly UsageEvent[]; isCut: boolean }

/** Saves the run and the events that are shown, the oldest first. The sealed bundle is for whoever needs a proof. */
export function DownloadRunButton({ run, events, isCut }: DownloadRunButtonProps) {
  const save = () => {
    const content = { run, is_cut: isCut, events: events.toReversed() }
    const name = `run-${run.id.replace(/[^\w.-]+/g, '_').slice(0, 60)}.json`
    saveFile(new File([`${JSON.stringify(content, null, 2)}\n`], name, { type: 'application/json' }))
  }
  return (
    <Button size="sm" icon={Download} onClick={save} aria-label="Download as JSON">
      JSON
    </Button>
  )
}
