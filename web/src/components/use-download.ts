import { useMutation } from '@tanstack/react-query'

import { download, type ApiRequest } from '@/lib/api/client'
import { saveFile } from '@/lib/save-file'

import { useToast } from './toast'

type Wanted = { path: string; query: NonNullable<ApiRequest['query']> }

/** Saves what a route answers under the name that the API gives it. */
export function useDownload() {
  const toast = useToast()
  return useMutation({
    mutationFn: ({ path, query }: Wanted) => download(path, { query }),
    onSuccess: saveFile,
    onError: (error) => toast({ tone: 'danger', title: 'Download failed', body: error.message }),
  })
}
