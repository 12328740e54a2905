import { NavLink } from 'react-router'

import { cx } from './cx'

type TabNavProps = { label: string; tabs: readonly { to: string; label: string; end?: boolean }[] }

export function TabNav({ label, tabs }: TabNavProps) {
  return (
    <nav aria-label={label} className="overflow-x-auto border-b border-line">
      <ul className="flex gap-5 px-1">
        {tabs.map(({ to, label: text, end = false }) => (
          <li key={to}>
            <NavLink to={to} end={end} className={({ isActive }) => tabLook(isActive)}>
              {text}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function tabLook(isActive: boolean): string {
  return cx(
    '-mb-px inline-flex min-h-10 items-center border-b-2 font-medium whitespace-nowrap -outline-offset-2',
    isActive
      ? 'border-accent-text text-ink forced-chosen'
      : 'border-transparent text-ink-soft hover:text-ink forced-colors:border-[Canvas]',
  )
}
