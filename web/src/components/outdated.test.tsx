import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'

import { Outdated } from './outdated'

it('is busy for everybody while its content is dimmed', () => {
  const { rerender } = render(<Outdated when>Rows</Outdated>)
  expect(screen.getByText('Rows')).toHaveAttribute('aria-busy', 'true')
  expect(screen.getByText('Rows')).toHaveClass('opacity-60')
  rerender(<Outdated when={false}>Rows</Outdated>)
  expect(screen.getByText('Rows')).toHaveAttribute('aria-busy', 'false')
  expect(screen.getByText('Rows')).not.toHaveClass('opacity-60')
})
