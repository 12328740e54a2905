// The time zone whose days the usage page shows.
import { useQuery } from '@tanstack/react-query'
import { useState, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { Field } from '@/components/field'
import { Select } from '@/components/select'
import { CHANGED_MEANWHILE, useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { ApiError, codeOf } from '@/lib/api/problem'
import { meQuery, tenantPath } from '@/lib/api/queries'
import { useTenant } from '@/lib/tenant'

export function TimeZonePage() {
  const { id, usage } = useTenant()
  const stored = usage.tenant.time_zone
  const version = useQuery(meQuery()).data?.tenants.find((each) => each.id === id)?.time_zone_version
  const [picked, setPicked] = useState<string | null>(null)
  const chosen = picked ?? stored
  const change = useSettingsMutation<string>({
    change: (time_zone) =>
      call(`${tenantPath(id)}/time-zone`, { method: 'PUT', body: { time_zone, version } }),
    outdated: [['tenant', id, 'usage'], meQuery().queryKey],
    done: () => 'Time zone saved',
  })
  const save = (event: SubmitEvent) => {
    event.preventDefault()
    change.mutate(chosen, {
      onError: (error) => codeOf(error) === CHANGED_MEANWHILE && setPicked(null),
    })
  }
  return (
    <>
      <title>Time zone · GWI Usage</title>
      <Card
        title="Time zone"
        description="The usage page shows days and hours in this time zone. Metering periods and limits stay in UTC."
      >
        <form onSubmit={save} noValidate className="flex flex-wrap items-start gap-3">
          <div className="min-w-0 grow basis-60">
            <Field label="Time zone" error={problemOf(change.error)}>
              <Select
                options={optionsWith(stored)}
                value={chosen}
                onChange={(event) => setPicked(event.target.value)}
              />
            </Field>
          </div>
          <Button type="submit" loading={change.isPending} disabled={chosen === stored} className="mt-6.5">
            Save
          </Button>
        </form>
      </Card>
    </>
  )
}

/** The zones that the browser knows, with UTC and the stored one, which it may know by another name. */
function optionsWith(stored: string) {
  const names = new Set(['UTC', stored, ...Intl.supportedValuesOf('timeZone')])
  return [...names].map((name) => ({ value: name, label: name }))
}

function problemOf(error: Error | null): string | undefined {
  return error instanceof ApiError ? (error.fields[0]?.message ?? error.message) : error?.message
}
