import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { MemoryRouter } from 'react-router'
import { beforeEach, expect, it } from 'vitest'

import { Menu } from './menu'

const chosen: string[] = []

beforeEach(() => {
  chosen.length = 0
  render(
    <Menu
      label="Switch tenant"
      entries={[
        { kind: 'label', text: 'Tenants' },
        { kind: 'link', label: 'Acme', to: '/t/acme', checked: false },
        { kind: 'link', label: 'Bolt', to: '/t/bolt', checked: true },
        { kind: 'separator' },
        { kind: 'action', label: 'New tenant', onSelect: () => chosen.push('new') },
      ]}
    >
      Bolt
    </Menu>,
    { wrapper: MemoryRouter },
  )
})

const trigger = () => screen.getByRole('button', { name: 'Switch tenant' })

it('opens on what is chosen now', async () => {
  trigger().focus()
  await userEvent.keyboard('{ArrowDown}')
  expect(trigger()).toHaveAttribute('aria-expanded', 'true')
  expect(screen.getByRole('menuitemradio', { name: 'Bolt', checked: true })).toHaveFocus()
})

it('moves by arrows around the ends, by Home and End, and by first letter', async () => {
  await userEvent.click(trigger())
  await userEvent.keyboard('{ArrowDown}')
  expect(screen.getByRole('menuitem', { name: 'New tenant' })).toHaveFocus()
  await userEvent.keyboard('{ArrowDown}')
  expect(screen.getByRole('menuitemradio', { name: 'Acme' })).toHaveFocus()
  await userEvent.keyboard('{ArrowUp}')
  expect(screen.getByRole('menuitem', { name: 'New tenant' })).toHaveFocus()
  await userEvent.keyboard('{Home}')
  expect(screen.getByRole('menuitemradio', { name: 'Acme' })).toHaveFocus()
  await userEvent.keyboard('{End}a')
  expect(screen.getByRole('menuitemradio', { name: 'Acme' })).toHaveFocus()
})

it('acts at Enter, and gives the focus back', async () => {
  await userEvent.click(trigger())
  await userEvent.keyboard('{End}{Enter}')
  expect(chosen).toEqual(['new'])
  expect(screen.queryByRole('menu')).not.toBeInTheDocument()
  expect(trigger()).toHaveFocus()
})

it('closes at Escape with the focus back, and at a press elsewhere', async () => {
  await userEvent.click(trigger())
  await userEvent.keyboard('{Escape}')
  expect(screen.queryByRole('menu')).not.toBeInTheDocument()
  expect(trigger()).toHaveFocus()
  await userEvent.click(trigger())
  await userEvent.click(document.body)
  expect(screen.queryByRole('menu')).not.toBeInTheDocument()
})
