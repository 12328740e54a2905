// Every address of the app, and who may be there. Pages load when they are first visited.
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router'

import { NotFoundPage } from './not-found-page'
import { RequireGuest, RequireUser, RequireVerifiedUser } from './guards'
import { RouteError } from './route-error'
import { FirstLoad, Root } from './root'
import { TenantLayout } from './tenant-layout'

const guestPages: RouteObject[] = [
  {
    path: 'sign-in',
    lazy: async () => ({ Component: (await import('@/features/auth/sign-in-page')).SignInPage }),
  },
  {
    path: 'sign-up',
    lazy: async () => ({ Component: (await import('@/features/auth/sign-up-page')).SignUpPage }),
  },
  {
    path: 'reset-password',
    lazy: async () => ({
      Component: (await import('@/features/auth/reset-password-page')).ResetPasswordPage,
    }),
  },
]

const settingsPages: RouteObject[] = [
  { index: true, element: <Navigate to="keys" replace /> },
  {
    path: 'keys',
    lazy: async () => ({ Component: (await import('@/features/settings/keys-page')).KeysPage }),
  },
  {
    path: 'members',
    lazy: async () => ({ Component: (await import('@/features/settings/members-page')).MembersPage }),
  },
  {
    path: 'alerts',
    lazy: async () => ({ Component: (await import('@/features/settings/alerts-page')).AlertsPage }),
  },
]

const tenantPages: RouteObject[] = [
  {
    index: true,
    lazy: async () => ({ Component: (await import('@/features/usage/usage-page')).UsagePage }),
  },
  {
    path: 'upgrade',
    lazy: async () => ({ Component: (await import('@/features/plans/upgrade-page')).UpgradePage }),
  },
  {
    path: 'runs',
    lazy: async () => ({ Component: (await import('@/features/runs/runs-page')).RunsPage }),
  },
  {
    path: 'runs/*',
    lazy: async () => ({ Component: (await import('@/features/runs/run-page')).RunPage }),
  },
  {
    path: 'settings',
    lazy: async () => ({ Component: (await import('@/features/settings/settings-layout')).SettingsLayout }),
    children: settingsPages,
  },
]

const userPages: RouteObject[] = [
  {
    index: true,
    lazy: async () => ({ Component: (await import('@/features/tenants/home-page')).HomePage }),
  },
  {
    path: 'new',
    lazy: async () => ({ Component: (await import('@/features/tenants/new-tenant-page')).NewTenantPage }),
  },
  { path: 't/:tenant', Component: TenantLayout, children: tenantPages },
]

export const router = createBrowserRouter([
  {
    Component: Root,
    ErrorBoundary: RouteError,
    HydrateFallback: FirstLoad,
    children: [
      { Component: RequireGuest, children: guestPages },
      {
        Component: RequireUser,
        children: [
          {
            path: 'verify-email',
            lazy: async () => ({
              Component: (await import('@/features/auth/verify-email-page')).VerifyEmailPage,
            }),
          },
        ],
      },
      { Component: RequireVerifiedUser, children: userPages },
      { path: '*', Component: NotFoundPage },
    ],
  },
])
