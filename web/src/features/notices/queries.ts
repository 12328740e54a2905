// The routes of alerts and of where they go.
import { queryOptions } from '@tanstack/react-query'

import { call } from '@/lib/api/client'
import { pagesQuery, tenantPath } from '@/lib/api/queries'
import type { AlertPage, DeliveryPage, Endpoint, Recipients, Thresholds } from '@/lib/api/types'

export const alertsQuery = (tenant: string) => pagesQuery<AlertPage>(tenant, 'alerts')

export const alertRecipientsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'alert-recipients'],
    queryFn: ({ signal }) => call<Recipients>(`${tenantPath(tenant)}/alert-recipients`, { signal }),
  })

export const alertThresholdsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'alert-thresholds'],
    queryFn: ({ signal }) => call<Thresholds>(`${tenantPath(tenant)}/alert-thresholds`, { signal }),
  })

export const alertEndpointsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'alert-endpoints'],
    queryFn: async ({ signal }) =>
      (await call<{ endpoints: Endpoint[] }>(`${tenantPath(tenant)}/alert-endpoints`, { signal })).endpoints,
  })

const endpointName = (endpoint: string) => `alert-endpoints/${encodeURIComponent(endpoint)}`

export const endpointPath = (tenant: string, endpoint: string) =>
  `${tenantPath(tenant)}/${endpointName(endpoint)}`

export const deliveriesQuery = (tenant: string, endpoint: string) =>
  pagesQuery<DeliveryPage>(tenant, `${endpointName(endpoint)}/deliveries`)
