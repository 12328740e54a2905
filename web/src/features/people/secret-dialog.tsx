// The only time that a key is shown.
import { Button } from '@/components/button'
import { CodeBlock } from '@/components/code-block'
import { Dialog } from '@/components/dialog'
import { Notice } from '@/components/notice'
import type { NewApiKey } from '@/lib/api/types'

type SecretDialogProps = { made: NewApiKey; onClose: () => void }

export function SecretDialog({ made, onClose }: SecretDialogProps) {
  return (
    <Dialog
      open
      onClose={onClose}
      dismissible={false}
      title={`Key “${made.api_key.label}” is ready`}
      footer={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Notice tone="warn" title="Copy your key now">
          You cannot see it again. We store only a hash.
        </Notice>
        <CodeBlock label="API key" code={made.secret} wrap />
      </div>
    </Dialog>
  )
}
