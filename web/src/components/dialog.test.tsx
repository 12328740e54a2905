import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, it } from 'vitest'

import { Dialog } from './dialog'

function Example({ dismissible = true, unmounts = false }: { dismissible?: boolean; unmounts?: boolean }) {
  const [open, setOpen] = useState(false)
  const close = () => setOpen(false)
  const dialog = (
    <Dialog open={open} onClose={close} title="New key" description="Shown once" dismissible={dismissible}>
      <button onClick={close}>Done</button>
    </Dialog>
  )
  return (
    <>
      <button onClick={() => setOpen(true)}>Open</button>
      {(open || !unmounts) && dialog}
    </>
  )
}

async function opened() {
  await userEvent.click(screen.getByRole('button', { name: 'Open' }))
  return screen.getByRole('dialog', { name: 'New key' })
}

it('is named and described, and takes the focus', async () => {
  render(<Example />)
  expect(await opened()).toHaveAccessibleDescription('Shown once')
  expect(screen.getByRole('button', { name: 'Close' })).toHaveFocus()
})

it.each([false, true])('gives the focus back when it closes, unmounted: %s', async (unmounts) => {
  render(<Example unmounts={unmounts} />)
  await opened()
  await userEvent.click(screen.getByRole('button', { name: 'Done' }))
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
  expect(screen.getByRole('button', { name: 'Open' })).toHaveFocus()
})

it('closes at Escape and at a press beside it', async () => {
  render(<Example />)
  fireEvent(await opened(), new Event('cancel', { cancelable: true }))
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
  fireEvent.mouseDown(await opened())
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
})

it('stays open at both when it must be answered', async () => {
  render(<Example dismissible={false} />)
  const dialog = await opened()
  fireEvent(dialog, new Event('cancel', { cancelable: true }))
  fireEvent.mouseDown(dialog)
  expect(dialog).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Close' })).not.toBeInTheDocument()
})
