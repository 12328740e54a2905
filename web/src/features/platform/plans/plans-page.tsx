import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { ErrorState } from '@/components/error-state'
import { Page } from '@/components/page'
import type { PlanChanges, PlanTable } from '@/lib/api/types'

import { DraftNotice } from '../draft-notice'
import { platformPlansQuery } from '../queries'
import { PlanChangesSummary } from './plan-changes-summary'
import { PlanFormDialog } from './plan-form-dialog'
import { aliasesOf, changedPlans, moved, placed, removed, type PlanDraft } from './plan-draft'
import { PlansTable } from './plans-table'

/** A plan that is edited, or null for a new one. */
type Editing = { plan: PlanTable | null }

export function PlansPage() {
  const served = useQuery(platformPlansQuery())
  const [draft, setDraft] = useState<PlanDraft | null>(null)
  const [editing, setEditing] = useState<Editing | null>(null)
  const shown: PlanDraft | undefined = draft ?? served.data
  const edit = (change: (plans: PlanDraft) => PlanDraft) => {
    if (shown) setDraft(change(shown))
  }
  return (
    <Page
      title="Plans"
      description="From the smallest to the largest. Tenants keep the version that they have."
      actions={
        <Button variant="primary" icon={Plus} disabled={!shown} onClick={() => setEditing({ plan: null })}>
          Add plan
        </Button>
      }
    >
      {draft && served.data && (
        <DraftNotice<PlanChanges>
          title={draftTitle(changedPlans(draft, served.data))}
          path="/platform/plans"
          body={{ version: draft.version, plans: draft.plans, aliases: draft.aliases }}
          queryKey={platformPlansQuery().queryKey}
          summary={(changes) =>
            changes.plans.length + changes.others.length === 0 ? null : (
              <PlanChangesSummary changes={changes} />
            )
          }
          dialogTitle="Apply these plans?"
          done="Plans changed"
          onEnd={() => setDraft(null)}
        />
      )}
      <Card flush>
        {served.error && !served.data ? (
          <ErrorState title="Could not load plans" query={served} />
        ) : (
          <PlansTable
            plans={shown?.plans}
            versions={served.data?.plan_versions ?? {}}
            aliases={shown?.aliases ?? {}}
            onEdit={(plan) => setEditing({ plan })}
            onMove={(plan, by) => edit((before) => moved(before, plan.id, by))}
            onRemove={(plan) => edit((before) => removed(before, plan.id))}
          />
        )}
      </Card>
      {editing && shown && (
        <PlanFormDialog
          plan={editing.plan}
          aliases={editing.plan ? aliasesOf(shown.aliases, editing.plan.id) : []}
          onClose={() => setEditing(null)}
          onSave={(plan, names) => {
            setDraft(placed(shown, plan, names))
            setEditing(null)
          }}
        />
      )}
    </Page>
  )
}

function draftTitle(names: readonly string[]): string {
  return names.length === 0 ? 'Changes are not applied yet' : `Not applied yet: ${names.join(', ')}`
}
