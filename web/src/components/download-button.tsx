import { Download } from 'lucide-react'

import type { ApiRequest } from '@/lib/api/client'

import { Button } from './button'
import { useDownload } from './use-download'

type DownloadButtonProps = { path: string; query: NonNullable<ApiRequest['query']>; label?: string }

/** Saves what a route answers as CSV, under the name that the API gives it. */
export function DownloadButton({ path, query, label = 'Download as CSV' }: DownloadButtonProps) {
  const file = useDownload()
  return (
    <Button
      size="sm"
      icon={Download}
      loading={file.isPending}
      onClick={() => file.mutate({ path, query: { ...query, format: 'csv' } })}
      aria-label={label}
    >
      CSV
    </Button>
  )
}
