// The links of mails. The address has the token in its fragment, which the page posts when somebody presses the button:
// programs that scan mail open links, and must not confirm or stop anything.
import { useLocation, useParams } from 'react-router'

import { Notice } from '@/components/notice'
import { call } from '@/lib/api/client'
import { codeOf } from '@/lib/api/problem'

export function useMailLink() {
  const { entry = '' } = useParams()
  const { hash } = useLocation()
  const token = hash.slice(1)
  const post = <Result,>(action: 'confirm' | 'stop', content: { stopped?: boolean } = {}) =>
    call<Result>(`/mail/${encodeURIComponent(entry)}/${action}`, {
      method: 'POST',
      body: { token, ...content },
      isPublic: true,
    })
  return { isCut: token === '', post }
}

type MailLinkProblemProps = {
  /** Mail programs may cut the fragment off. */
  isCut: boolean
  error: Error | null
  /** How to get a link that works. */
  remedy: string
}

export function MailLinkProblem({ isCut, error, remedy }: MailLinkProblemProps) {
  if (isCut || codeOf(error) === 'not_found') {
    return (
      <Notice tone="danger" title="This link is wrong or too old">
        {remedy}
      </Notice>
    )
  }
  return (
    error && (
      <Notice tone="danger" title="Something went wrong">
        {error.message} Try again.
      </Notice>
    )
  )
}
