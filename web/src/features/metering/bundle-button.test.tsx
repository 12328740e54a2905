import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { problem, serveApi, type Routes } from '@/testing/api'
import { keepSavedFiles } from '@/testing/files'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'

import { BundleButton } from './bundle-button'

const BUNDLE = 'GET /tenants/acme/runs/a/b/bundle'

async function press(routes: Routes) {
  const saved = keepSavedFiles()
  serveApi(routes)
  renderPage(<BundleButton run="a/b" />, { tenant: tenantOf('member') })
  await userEvent.click(screen.getByRole('button', { name: 'Sealed bundle' }))
  return saved
}

test('saves the bundle and says with which key it is sealed', async () => {
  const bundle = { format: 'gwi.run-bundle', seal: { key_id: '2026' } }
  const saved = await press({ [BUNDLE]: { body: bundle } })
  expect(await screen.findByText('Sealed with the key 2026.')).toBeVisible()
  expect(await saved[0]?.file.text()).toBe(JSON.stringify(bundle))
})

test('says so where bundles are turned off', async () => {
  const saved = await press({ [BUNDLE]: problem(404, 'forensics_disabled', 'bundles of runs are off') })
  expect(await screen.findByText('Sealed bundles are turned off here.')).toBeVisible()
  expect(saved).toEqual([])
})
