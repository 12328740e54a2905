// The API keys that a member created: they keep working when the member leaves or loses the right to manage them.
import { LinkButton } from '@/components/button'
import { Notice } from '@/components/notice'
import type { Member } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

export function CreatedKeys({ member: { email, api_keys: keys }, isSelf }: CreatedKeysProps) {
  const { id } = useTenant()
  const who = isSelf ? 'you' : email
  return (
    <Notice
      tone="warn"
      title={
        keys.length === 1
          ? `An API key that ${who} created keeps working`
          : `${keys.length} API keys that ${who} created keep working`
      }
      action={
        <LinkButton to={`/t/${encodeURIComponent(id)}/settings/keys`} size="sm">
          Revoke keys
        </LinkButton>
      }
    >
      <ul aria-label="API keys that keep working">
        {keys.map(({ id: key, label, prefix }) => (
          <li key={key}>
            {label} <span className="font-mono text-xs">{prefix}…</span>
          </li>
        ))}
      </ul>
    </Notice>
  )
}

type CreatedKeysProps = { member: Member; isSelf: boolean }
