// Every route of the app, with its guard.
import type { ComponentType } from 'react'
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router'

import { NotFoundPage } from './not-found-page'
import { RequireGuest, RequireUser, RequireVerifiedUser } from './guards'
import { prefetchWhenIdle } from './prefetch'
import { PageError, RouteError } from './route-error'
import { FirstLoad, Root } from './root'
import { TenantLayout } from './tenant-layout'

/** Load a page's script when somebody first visits it. */
function page<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) {
  return async () => ({ Component: (await load())[name] })
}

const TENANT = 't/:tenant'

const guestPages: RouteObject[] = [
  {
    path: 'sign-in',
    lazy: page(() => import('@/features/auth/sign-in-page'), 'SignInPage'),
  },
  {
    path: 'sign-up',
    lazy: page(() => import('@/features/auth/sign-up-page'), 'SignUpPage'),
  },
  {
    path: 'reset-password',
    lazy: page(() => import('@/features/auth/reset-password-page'), 'ResetPasswordPage'),
  },
]

const settingsPages: RouteObject[] = [
  { index: true, element: <Navigate to="keys" replace /> },
  {
    path: 'keys',
    lazy: page(() => import('@/features/people/keys-page'), 'KeysPage'),
  },
  {
    path: 'members',
    lazy: page(() => import('@/features/people/members-page'), 'MembersPage'),
  },
  {
    path: 'budgets',
    lazy: page(() => import('@/features/limits/budgets-page'), 'BudgetsPage'),
  },
  {
    path: 'alerts',
    lazy: page(() => import('@/features/notices/alerts-page'), 'AlertsPage'),
  },
  {
    path: 'time-zone',
    lazy: page(() => import('@/features/people/time-zone-page'), 'TimeZonePage'),
  },
  {
    path: 'audit',
    lazy: page(() => import('@/features/people/audit-log-page'), 'AuditLogPage'),
  },
]

const tenantPages: RouteObject[] = [
  {
    index: true,
    lazy: page(() => import('@/features/ledger/usage-page'), 'UsagePage'),
  },
  {
    path: 'explain',
    lazy: page(() => import('@/features/ledger/explain-page'), 'ExplainPage'),
  },
  {
    path: 'statement',
    lazy: page(() => import('@/features/ledger/statement/statement-page'), 'StatementPage'),
  },
  {
    path: 'upgrade',
    lazy: page(() => import('@/features/billing/upgrade-page'), 'UpgradePage'),
  },
  {
    path: 'runs',
    lazy: page(() => import('@/features/metering/runs-page'), 'RunsPage'),
  },
  {
    path: 'runs/*',
    lazy: page(() => import('@/features/metering/run-page'), 'RunPage'),
  },
  {
    path: 'settings',
    lazy: page(() => import('./settings-layout'), 'SettingsLayout'),
    children: settingsPages,
  },
]

const userPages: RouteObject[] = [
  {
    index: true,
    lazy: page(() => import('@/features/people/home-page'), 'HomePage'),
  },
  {
    path: 'usage',
    lazy: page(() => import('@/features/people/home-page'), 'HomePage'),
  },
  {
    path: 'upgrade',
    lazy: page(() => import('@/features/people/home-page'), 'UpgradeHomePage'),
  },
  {
    path: 'new',
    lazy: page(() => import('@/features/people/new-tenant-page'), 'NewTenantPage'),
  },
  {
    path: 'join/:tenant',
    lazy: page(() => import('@/features/people/join-page'), 'JoinPage'),
  },
  {
    path: TENANT,
    Component: TenantLayout,
    children: [{ ErrorBoundary: PageError, children: tenantPages }],
  },
  {
    path: 'operator/*',
    lazy: page(() => import('./operator-gate'), 'OperatorGate'),
  },
]

/** The links of mails, whose readers may have no account. */
const mailPages: RouteObject[] = [
  {
    path: 'mail/:entry/confirm',
    lazy: page(() => import('@/features/notices/confirm-alerts-page'), 'ConfirmAlertsPage'),
  },
  {
    path: 'mail/:entry/stop',
    lazy: page(() => import('@/features/notices/stop-mail-page'), 'StopMailPage'),
  },
]

const reference = () => import('@/features/reference/pages')

const referencePages: RouteObject[] = [
  {
    index: true,
    lazy: {
      Component: async () => (await reference()).ReferencePage,
      loader: async () => (await reference()).readDocuments,
    },
  },
  { path: 'versions', lazy: page(reference, 'VersionsPage') },
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
            lazy: page(() => import('@/features/auth/verify-email-page'), 'VerifyEmailPage'),
          },
        ],
      },
      { Component: RequireVerifiedUser, children: userPages },
      ...mailPages,
      {
        path: 'docs',
        lazy: page(reference, 'ReferenceLayout'),
        children: referencePages,
      },
      { path: '*', Component: NotFoundPage },
    ],
  },
])

/** A page of a tenant leads to the others, also after the network is gone. */
const stop = router.subscribe(({ navigation, matches }) => {
  if (navigation.state !== 'idle' || !matches.some(({ route }) => route.path === TENANT)) return
  stop()
  prefetchWhenIdle(tenantPages)
})
