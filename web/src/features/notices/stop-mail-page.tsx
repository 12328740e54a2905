import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'

import { Button } from '@/components/button'
import { Notice } from '@/components/notice'
import { AuthLayout } from '@/features/auth/auth-layout'
import type { StoppedMail } from '@/lib/api/types'

import { MailLinkProblem, useMailLink } from './mail-link'

export function StopMailPage() {
  const { isCut, post } = useMailLink()
  const change = useMutation({
    mutationFn: (stopped: boolean) => post<StoppedMail>('stop', { stopped }),
  })
  // Kept while the next answer is awaited, and when it is a refusal.
  const [last, setLast] = useState<StoppedMail | null>(null)
  const isStopped = last?.stopped ?? false
  return (
    <AuthLayout
      title="Stop emails"
      lead={last ? undefined : 'Stop emails like the one with this link. You can start them again here.'}
    >
      {last && <Outcome last={last} />}
      <MailLinkProblem isCut={isCut} error={change.error} remedy="Use the link in a newer email." />
      <Button
        variant={isStopped ? 'secondary' : 'primary'}
        block
        disabled={isCut}
        loading={change.isPending}
        onClick={() => change.mutate(!isStopped, { onSuccess: setLast })}
      >
        {isStopped ? 'Start again' : 'Stop emails'}
      </Button>
    </AuthLayout>
  )
}

function Outcome({ last }: { last: StoppedMail }) {
  const kind = kindOf(last)
  return last.stopped ? (
    <Notice tone="ok" title="Stopped">
      {last.email} gets no more {kind}.
      {last.scope === 'invitations' && ' You still see invitations after signing in.'}
    </Notice>
  ) : (
    <Notice tone="ok" title="Started again">
      {last.email} gets {kind} again.
    </Notice>
  )
}

function kindOf({ scope, tenant_name }: StoppedMail): string {
  if (scope === 'invitations') return 'invitation emails'
  return tenant_name === null ? 'emails about this tenant' : `emails about “${tenant_name}”`
}
