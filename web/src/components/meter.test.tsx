import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'

import { Meter } from './meter'

it('says how much of the limit is used', () => {
  render(<Meter label="Tokens" level="within" percent={64.37} valueText="1,287,400 of 2,000,000 tokens" />)
  const meter = screen.getByRole('meter', { name: 'Tokens' })
  expect(meter).toHaveAttribute('aria-valuenow', '64.37')
  expect(meter).toHaveAttribute('aria-valuemax', '100')
  expect(meter).toHaveAttribute('aria-valuetext', '64.3% used, 1,287,400 of 2,000,000 tokens')
  expect(screen.getByText('Alert at 80%')).toBeVisible()
})

it('grows its scale past the limit instead of showing full', () => {
  render(<Meter label="Runs" level="hard" percent={130} />)
  const meter = screen.getByRole('meter', { name: 'Runs' })
  expect(meter).toHaveAttribute('aria-valuemax', '130')
  expect(meter).toHaveAttribute('aria-valuetext', '130% used, 30% over the limit')
  expect(screen.getByText('130% used')).toBeVisible()
  const [within, over] = meter.firstElementChild?.children ?? []
  expect(within).toHaveStyle({ width: `${(100 / 130) * 100}%` })
  expect(over).toHaveStyle({ left: `${(100 / 130) * 100}%`, width: `${(30 / 130) * 100}%` })
})

it('measures against a hard limit that is not 100', () => {
  render(<Meter label="Tokens" level="soft" percent={110} softPercent={90} hardPercent={120} />)
  expect(screen.getByRole('meter')).toHaveAttribute('aria-valuetext', '110% used')
  expect(screen.getByText('Alert at 90%')).toBeVisible()
})

it('names no alert where nothing alerts', () => {
  render(<Meter label="Tokens" level="within" percent={10} softPercent={null} />)
  expect(screen.queryByText(/^Alert/)).not.toBeInTheDocument()
})

it('warns and alarms by what is reached, whatever the percentage', () => {
  const fillOf = () => screen.getByRole('meter').firstElementChild?.firstElementChild
  const { rerender } = render(<Meter label="Runs" level="hard" percent={71.42} hardPercent={85} />)
  expect(fillOf()).toHaveClass('bg-danger')
  expect(screen.getByText('Limit at 85%')).toBeVisible()
  rerender(<Meter label="Runs" level="soft" percent={71.42} hardPercent={85} />)
  expect(fillOf()).toHaveClass('bg-warn')
})

it('draws what is reserved beside what is used, and not beyond the scale', () => {
  const reserved = () => screen.getByRole('meter').firstElementChild?.children[1]
  const { rerender } = render(<Meter label="Tokens" level="within" percent={60} heldPercent={25} />)
  expect(reserved()).toHaveClass('striped')
  expect(reserved()).toHaveStyle({ left: '60%', width: '25%' })
  rerender(<Meter label="Tokens" level="within" percent={60} heldPercent={55} />)
  expect(reserved()).toHaveStyle({ left: '60%', width: '40%' })
  rerender(<Meter label="Tokens" level="within" percent={60} />)
  expect(reserved()).toBeUndefined()
})
