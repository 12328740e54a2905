import { useQuery } from '@tanstack/react-query'

import { Card } from '@/components/card'
import { ErrorState } from '@/components/error-state'
import { Logo } from '@/components/logo'
import { TextLink } from '@/components/text-link'
import { meQuery } from '@/lib/api/queries'

import { CreateTenantForm } from './create-tenant-form'
import { Invitations } from './invitations'
import { UserMenu } from './user-menu'

export function NewTenantPage() {
  const me = useQuery(meQuery())
  const isFirst = me.data?.tenants.length === 0
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-lg flex-col gap-6 px-4 py-8">
      <title>New tenant · GWI Usage</title>
      <div className="flex items-center justify-between gap-4">
        <Logo />
        <UserMenu isOperator={me.data?.is_operator} />
      </div>
      <div>
        <h1 className="text-xl font-semibold text-ink">{isFirst ? 'Welcome' : 'New tenant'}</h1>
        <p className="mt-1 text-ink-soft">
          A tenant is a team or company whose usage is metered, limited and billed together.
        </p>
      </div>
      {me.error && <ErrorState title="Could not load your invitations" query={me} />}
      <Invitations invitations={me.data?.invitations ?? []} />
      <Card title="Create a tenant" description="Starts on the free plan. No card required.">
        <CreateTenantForm />
      </Card>
      {me.data && !isFirst && <TextLink to="/">Back to usage</TextLink>}
    </main>
  )
}
