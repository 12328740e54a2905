// The only time that a secret is shown.
import { Button } from './button'
import { CodeBlock } from './code-block'
import { Dialog } from './dialog'
import { Notice } from './notice'

type SecretDialogProps = {
  title: string
  /** Accessible name of the secret: "API key". */
  what: string
  secret: string
  /** What the reader should know besides that it is shown once. */
  note: string
  onClose: () => void
}

export function SecretDialog({ title, what, secret, note, onClose }: SecretDialogProps) {
  return (
    <Dialog
      open
      onClose={onClose}
      dismissible={false}
      title={title}
      footer={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Notice tone="warn" title="Copy it now">
          You cannot see it again. {note}
        </Notice>
        <CodeBlock label={what} code={secret} wrap />
      </div>
    </Dialog>
  )
}
