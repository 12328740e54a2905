import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'

import { download, type ApiRequest } from '@/lib/api/client'
import { saveFile } from '@/lib/save-file'

import { Button } from './button'
import { useToast } from './toast'

type DownloadButtonProps = { path: string; query: ApiRequest['query']; label?: string }

/** Saves what a route answers as CSV, under the name that the API gives it. */
export function DownloadButton({ path, query, label = 'Download as CSV' }: DownloadButtonProps) {
  const toast = useToast()
  const file = useMutation({
    mutationFn: () => download(path, { query: { ...query, format: 'csv' } }),
    onSuccess: saveFile,
    onError: (error) => toast({ tone: 'danger', title: 'Download failed', body: error.message }),
  })
  return (
    <Button
      size="sm"
      icon={Download}
      loading={file.isPending}
      onClick={() => file.mutate()}
      aria-label={label}
    >
      CSV
    </Button>
  )
}
