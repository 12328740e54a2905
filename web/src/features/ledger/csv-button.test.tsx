import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'

import { keepSavedFiles } from '@/testing/files'
import { renderPage } from '@/testing/render'
import { usageOf } from '@/testing/usage'

import { CsvButton } from './csv-button'

test('saves what the API answers under the name that the API gives, for Excel too', async () => {
  const asked: string[] = []
  vi.stubGlobal('fetch', (address: string) => {
    asked.push(address)
    const headers = { 'Content-Disposition': 'attachment; filename="usage-acme-2026-11-01-by-day.csv"' }
    return Promise.resolve(new Response('"start"\r\n', { headers }))
  })
  const saved = keepSavedFiles()
  renderPage(
    <CsvButton usage={usageOf()} isCurrent view={{ metric: 'cost', granularity: 'day', group: 'model' }} />,
  )
  await userEvent.click(screen.getByRole('button', { name: 'Download as CSV' }))
  await vi.waitFor(() => expect(saved.map(({ name }) => name)).toEqual(['usage-acme-2026-11-01-by-day.csv']))
  expect(await saved[0]?.file.text()).toBe('"start"\r\n')
  expect(asked[0]).toMatch(/\/usage\/series\?from=.+&bom=true&format=csv$/)
})
