import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'

import { renderPage } from '@/testing/render'
import { usageOf } from '@/testing/usage'

import { CsvButton } from './csv-button'

afterEach(() => vi.unstubAllGlobals())

test('saves what the API answers under the name that the API gives, for Excel too', async () => {
  const asked: string[] = []
  const saved: string[] = []
  vi.stubGlobal('fetch', (address: string) => {
    asked.push(address)
    const headers = { 'Content-Disposition': 'attachment; filename="usage-acme-2026-11-01-by-day.csv"' }
    return Promise.resolve(new Response('"start"\r\n', { headers }))
  })
  const files: File[] = []
  vi.spyOn(URL, 'createObjectURL').mockImplementation((file) => {
    files.push(file as File)
    return 'blob:1'
  })
  vi.spyOn(URL, 'revokeObjectURL').mockReturnValue()
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download)
  })
  renderPage(
    <CsvButton usage={usageOf()} isCurrent view={{ metric: 'cost', granularity: 'day', group: 'model' }} />,
  )
  await userEvent.click(screen.getByRole('button', { name: 'Download as CSV' }))
  await vi.waitFor(() => expect(saved).toEqual(['usage-acme-2026-11-01-by-day.csv']))
  expect(await files[0]?.text()).toBe('"start"\r\n')
  expect(asked[0]).toMatch(/\/usage\/series\?from=.+&bom=true&format=csv$/)
})
