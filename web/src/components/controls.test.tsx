import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { expect, it, vi } from 'vitest'

import { Button } from './button'
import { CopyButton } from './copy-button'
import { Field } from './field'
import { Segmented } from './segmented'
import { TextInput } from './text-input'
import { ToastProvider, useToast } from './toast'

it('ties a field to its label, its hint and its error', () => {
  render(
    <Field label="Email" hint="We send a link" error="This is not an address">
      <TextInput />
    </Field>,
  )
  const input = screen.getByLabelText('Email')
  expect(input).toBeInvalid()
  expect(input).toHaveAccessibleDescription('This is not an address We send a link')
  expect(screen.getByRole('alert')).toHaveTextContent('This is not an address')
})

it('leaves a field without an error valid and undescribed', () => {
  render(
    <Field label="Email" error={null}>
      <TextInput />
    </Field>,
  )
  expect(screen.getByLabelText('Email')).toBeValid()
  expect(screen.getByLabelText('Email')).not.toHaveAttribute('aria-describedby')
})

const GRANULARITIES = [
  { value: 'hour', label: 'Hour' },
  { value: 'day', label: 'Day' },
] as const

function Granularity() {
  const [value, setValue] = useState<'hour' | 'day'>('day')
  return <Segmented label="Granularity" options={GRANULARITIES} value={value} onChange={setValue} />
}

it('chooses one of a few', async () => {
  render(<Granularity />)
  expect(screen.getByRole('group', { name: 'Granularity' })).toBeVisible()
  expect(screen.getByRole('radio', { name: 'Day' })).toBeChecked()
  await userEvent.click(screen.getByRole('radio', { name: 'Hour' }))
  expect(screen.getByRole('radio', { name: 'Hour' })).toBeChecked()
  expect(screen.getByRole('radio', { name: 'Day' })).not.toBeChecked()
})

it('copies, and says so', async () => {
  const user = userEvent.setup()
  render(<CopyButton text="gwi_test_1" what="API key" />)
  await user.click(screen.getByRole('button', { name: 'Copy API key' }))
  expect(await navigator.clipboard.readText()).toBe('gwi_test_1')
  expect(screen.getByRole('status')).toHaveTextContent('API key copied')
})

it('says when the browser refuses to copy', async () => {
  const user = userEvent.setup()
  vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('denied', 'NotAllowedError'))
  render(<CopyButton text="gwi_test_1" what="API key" />)
  await user.click(screen.getByRole('button', { name: 'Copy API key' }))
  expect(screen.getByRole('status')).toHaveTextContent('Copy failed. Select the text and copy it manually.')
})

it('keeps the focus and does nothing while it is loading', async () => {
  const sent: string[] = []
  const send = () => void sent.push('form')
  render(
    <form action={send}>
      <Button type="submit" loading onClick={() => sent.push('press')}>
        Save
      </Button>
    </form>,
  )
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(screen.getByRole('button', { name: 'Save' })).toHaveFocus()
  expect(sent).toEqual([])
})

function Announcer() {
  const show = useToast()
  return <button onClick={() => show({ tone: 'danger', title: 'Could not revoke' })}>Fail</button>
}

it('keeps a failure in the live region until it is dismissed', async () => {
  render(<Announcer />, { wrapper: ToastProvider })
  await userEvent.click(screen.getByRole('button', { name: 'Fail' }))
  expect(screen.getByRole('status')).toHaveTextContent('Could not revoke')
  await userEvent.click(screen.getByRole('button', { name: 'Dismiss' }))
  expect(screen.getByRole('status')).toBeEmptyDOMElement()
})
