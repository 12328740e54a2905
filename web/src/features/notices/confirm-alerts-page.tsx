import { useMutation } from '@tanstack/react-query'

import { Button } from '@/components/button'
import { Notice } from '@/components/notice'
import { AuthLayout } from '@/features/auth/auth-layout'
import type { ConfirmedMail } from '@/lib/api/types'

import { MailLinkProblem, useMailLink } from './mail-link'

export function ConfirmAlertsPage() {
  const { isCut, post } = useMailLink()
  const confirmation = useMutation({ mutationFn: () => post<ConfirmedMail>('confirm') })
  const { data } = confirmation
  return (
    <AuthLayout
      title="Confirm your address"
      lead={data ? undefined : 'Confirm to get usage alerts by email. You can stop them at any time.'}
    >
      {data ? (
        <Notice tone="ok" title={`You get the alerts of “${data.tenant_name}”.`}>
          We send them to {data.email}. Each email has a link that stops them.
        </Notice>
      ) : (
        <>
          <MailLinkProblem
            isCut={isCut}
            error={confirmation.error}
            remedy="Ask the person who added your address to add it again."
          />
          <Button
            variant="primary"
            block
            disabled={isCut}
            loading={confirmation.isPending}
            onClick={() => confirmation.mutate()}
          >
            Confirm
          </Button>
        </>
      )}
    </AuthLayout>
  )
}
