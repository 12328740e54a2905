import { Button } from '@/components/button'

type GoogleButtonProps = { busy: boolean; onPress: () => void }

export function GoogleButton({ busy, onPress }: GoogleButtonProps) {
  return (
    <>
      <Button block disabled={busy} onClick={onPress}>
        <svg aria-hidden viewBox="0 0 18 18" className="size-4">
          <path
            fill="#4285F4"
            d="M17.6 9.2c0-.6-.1-1.2-.2-1.8H9v3.5h4.8a4.1 4.1 0 0 1-1.8 2.7v2.2h2.9c1.7-1.6 2.7-3.9 2.7-6.6Z"
          />
          <path
            fill="#34A853"
            d="M9 18c2.4 0 4.5-.8 6-2.2l-2.9-2.2a5.4 5.4 0 0 1-8.1-2.8H1v2.3A9 9 0 0 0 9 18Z"
          />
          <path fill="#FBBC05" d="M4 10.8a5.4 5.4 0 0 1 0-3.5V5H1a9 9 0 0 0 0 8l3-2.2Z" />
          <path
            fill="#EA4335"
            d="M9 3.6c1.3 0 2.5.5 3.5 1.3L15 2.4A9 9 0 0 0 1 5l3 2.3a5.4 5.4 0 0 1 5-3.7Z"
          />
        </svg>
        Continue with Google
      </Button>
      <div
        aria-hidden
        className="flex items-center gap-3 text-xs text-ink-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line"
      >
        or
      </div>
    </>
  )
}
