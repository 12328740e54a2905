import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { problem, serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'

import { TimeZonePage } from './time-zone-page'

afterEach(() => vi.unstubAllGlobals())

const ME = { body: { tenants: [{ id: 'acme', time_zone_version: 'v1' }] } }

const show = () => renderPage(<TimeZonePage />, { tenant: tenantOf() })

async function choose(name: string) {
  await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Time zone' }), name)
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
}

describe('the time zone', () => {
  it('is saved when another one is chosen', async () => {
    const requests = serveApi({
      'GET /me': ME,
      'PUT /tenants/acme/time-zone': { body: { time_zone: 'Europe/Berlin' } },
    })
    show()
    expect(screen.getByRole('combobox', { name: 'Time zone' })).toHaveValue('UTC')
    expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled()
    await choose('Europe/Berlin')
    expect(await screen.findByText('Time zone saved')).toBeInTheDocument()
    const sent = requests.filter(({ method }) => method === 'PUT')
    expect(sent.map(({ body }) => body)).toEqual([{ time_zone: 'Europe/Berlin', version: 'v1' }])
  })

  it('says why a zone is refused', async () => {
    const reason = 'time_zone: Australia/Lord_Howe is UTC+10:30 on 2026-09-01.'
    serveApi({ 'GET /me': ME, 'PUT /tenants/acme/time-zone': problem(422, 'invalid_input', reason) })
    show()
    await choose('Australia/Lord_Howe')
    expect(await screen.findByText(reason)).toBeInTheDocument()
  })
})
