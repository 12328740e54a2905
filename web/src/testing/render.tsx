// Renders a page with a router, queries and a tenant.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { createMemoryRouter, Outlet, RouterProvider, type RouteObject } from 'react-router'

import { ToastProvider } from '@/components/toast'
import type { TenantContext } from '@/lib/tenant'

type Place = {
  /** The address that is visited. */
  at?: string
  /** The route that the page is at. */
  path?: string
  tenant?: TenantContext
}

/** Render `page`; gives the router, whose location shows where the page led, and the query cache. */
export function renderPage(page: ReactNode, { at = '/', path = '*', tenant }: Place = {}) {
  const routes = [
    {
      element: <Outlet context={tenant} />,
      children: [
        { path, element: page },
        { path: '*', element: null },
      ],
    },
  ]
  return renderPages(routes, at)
}

/** The same for several pages, as their routes. */
export function renderPages(routes: RouteObject[], at: string) {
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false }, mutations: { retry: false } },
  })
  const router = createMemoryRouter(routes, { initialEntries: [at] })
  const view = render(
    <ToastProvider>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ToastProvider>,
  )
  return { ...view, router, queries }
}
