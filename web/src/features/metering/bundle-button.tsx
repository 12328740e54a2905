import { useMutation } from '@tanstack/react-query'
import { FileLock2 } from 'lucide-react'

import { Button } from '@/components/button'
import { useToast } from '@/components/toast'
import { download } from '@/lib/api/client'
import { codeOf } from '@/lib/api/problem'
import { runPath } from '@/lib/api/queries'
import { saveFile } from '@/lib/save-file'
import { useTenant } from '@/lib/tenant'

/** Saves the run with all of its events as one file, whose seal proves that nobody has changed it. */
export function BundleButton({ run }: { run: string }) {
  const toast = useToast()
  const { id: tenant } = useTenant()
  const bundle = useMutation({
    mutationFn: async () => {
      const file = await download(`${runPath(tenant, run)}/bundle`)
      return { file, key: sealingKey(await file.text()) }
    },
    onSuccess: ({ file, key }) => {
      saveFile(file)
      toast({ tone: 'ok', title: 'Bundle saved', body: `Sealed with the key ${key}.` })
    },
    onError: (error) =>
      codeOf(error) === 'forensics_disabled'
        ? toast({ tone: 'danger', title: 'No bundles', body: 'Sealed bundles are turned off here.' })
        : toast({ tone: 'danger', title: 'Download failed', body: error.message }),
  })
  return (
    <Button icon={FileLock2} loading={bundle.isPending} onClick={() => bundle.mutate()}>
      Sealed bundle
    </Button>
  )
}

function sealingKey(bundle: string): string {
  return (JSON.parse(bundle) as { seal: { key_id: string } }).seal.key_id
}
