// A button that opens a list; arrow keys move in it, Escape closes it.
import { Check, type LucideIcon } from 'lucide-react'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from 'react'
import { Link } from 'react-router'

import { cx } from './cx'

export type MenuEntry =
  | { kind: 'label'; text: string; detail?: string }
  | { kind: 'separator' }
  | { kind: 'link'; label: string; to: string; icon?: LucideIcon; checked?: boolean; detail?: string }
  | {
      kind: 'action'
      label: string
      onSelect: () => void
      icon?: LucideIcon
      checked?: boolean
      detail?: string
    }

type MenuProps = {
  /** The name of the button, which its content need not show. */
  label: string
  entries: readonly MenuEntry[]
  /** Called when it opens: for what is read only then. */
  onOpen?: () => void
  className?: string
  /** The content of the button. */
  children: ReactNode
}

type Placement = { above: boolean; atEnd: boolean }

export function Menu({ label, entries, onOpen, className, children }: MenuProps) {
  const [placement, setPlacement] = useState<Placement | null>(null)
  const root = useRef<HTMLDivElement>(null)
  const trigger = useRef<HTMLButtonElement>(null)
  const id = useId()
  const close = () => setPlacement(null)
  useCloseOutside(root, placement !== null, close)
  const open = () => {
    if (trigger.current) setPlacement(roomAround(trigger.current))
    onOpen?.()
  }
  const openByKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    open()
  }
  const leave = () => {
    close()
    trigger.current?.focus()
  }
  return (
    <div ref={root} className="relative min-w-0">
      <button
        ref={trigger}
        type="button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={placement !== null}
        aria-controls={placement ? id : undefined}
        onClick={() => (placement ? close() : open())}
        onKeyDown={openByKey}
        className={cx('rounded-lg transition-colors hover:bg-sunken aria-expanded:bg-sunken', className)}
      >
        {children}
      </button>
      {placement && (
        <List id={id} label={label} entries={entries} placement={placement} onLeave={leave} onClose={close} />
      )}
    </div>
  )
}

/** Opens towards the larger part of the window, so the list stays on screen in a sidebar and in a top bar. */
function roomAround(trigger: HTMLElement): Placement {
  const { top, left } = trigger.getBoundingClientRect()
  return { above: top > window.innerHeight / 2, atEnd: left > window.innerWidth / 2 }
}

function useCloseOutside(root: RefObject<HTMLElement | null>, active: boolean, close: () => void) {
  useEffect(() => {
    if (!active) return
    const pressed = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) close()
    }
    document.addEventListener('pointerdown', pressed)
    return () => document.removeEventListener('pointerdown', pressed)
  })
}

type ListProps = {
  id: string
  label: string
  entries: readonly MenuEntry[]
  placement: Placement
  onLeave: () => void
  onClose: () => void
}

function List({ id, label, entries, placement, onLeave, onClose }: ListProps) {
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const items = itemsIn(list.current)
    const current = items.find((item) => item.getAttribute('aria-checked') === 'true')
    ;(current ?? items[0])?.focus()
  }, [])
  const onKeyDown = (event: KeyboardEvent) => {
    const target = itemFor(event.key, itemsIn(list.current))
    if (event.key === 'Escape') event.preventDefault()
    // From the trigger, Tab then goes on as if the list had never been there.
    if (event.key === 'Escape' || event.key === 'Tab') onLeave()
    else if (target) {
      event.preventDefault()
      target.focus()
    }
  }
  return (
    <div
      ref={list}
      id={id}
      role="menu"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      className={cx(
        'absolute z-40 max-h-[min(24rem,70dvh)] w-64 max-w-[calc(100vw-1.5rem)] animate-appear overflow-y-auto rounded-xl border border-line bg-raised p-1.5 shadow-float',
        placement.above ? 'bottom-full mb-1.5' : 'top-full mt-1.5',
        placement.atEnd ? 'end-0' : 'start-0',
      )}
    >
      {entries.map((entry, index) => (
        <Entry key={index} entry={entry} onSelected={entry.kind === 'link' ? onClose : onLeave} />
      ))}
    </div>
  )
}

function itemsIn(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])]
}

/** The item that a key leads to; undefined if the key means nothing here. */
function itemFor(key: string, items: HTMLElement[]): HTMLElement | undefined {
  const at = items.findIndex((item) => item === document.activeElement)
  if (key === 'ArrowDown') return items[(at + 1) % items.length]
  if (key === 'ArrowUp') return items.at(at <= 0 ? -1 : at - 1)
  if (key === 'Home') return items[0]
  if (key === 'End') return items.at(-1)
  if (key.length !== 1 || key === ' ') return undefined
  const after = [...items.slice(at + 1), ...items.slice(0, at + 1)]
  return after.find((item) => item.textContent.toLowerCase().startsWith(key.toLowerCase()))
}

function Entry({ entry, onSelected }: { entry: MenuEntry; onSelected: () => void }) {
  if (entry.kind === 'separator')
    return <div role="separator" className="-mx-1.5 my-1.5 border-t border-line" />
  if (entry.kind === 'label') {
    return (
      <div role="presentation" className="px-2.5 py-1.5">
        <span className="block truncate text-xs font-medium text-ink-faint">{entry.text}</span>
        {entry.detail !== undefined && <span className="block truncate text-ink">{entry.detail}</span>}
      </div>
    )
  }
  const shared = {
    role: entry.checked === undefined ? 'menuitem' : 'menuitemradio',
    'aria-checked': entry.checked,
    tabIndex: -1,
    className:
      'flex min-h-9 w-full items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-start text-ink hover:bg-sunken focus:bg-sunken -outline-offset-2 pointer-coarse:min-h-11',
  }
  if (entry.kind === 'link') {
    return (
      <Link {...shared} to={entry.to} onClick={onSelected}>
        <EntryFace entry={entry} />
      </Link>
    )
  }
  const select = () => {
    onSelected()
    entry.onSelect()
  }
  return (
    <button {...shared} type="button" onClick={select}>
      <EntryFace entry={entry} />
    </button>
  )
}

function EntryFace({ entry }: { entry: Extract<MenuEntry, { label: string }> }) {
  const Icon = entry.icon
  return (
    <>
      {Icon && <Icon aria-hidden className="size-4 shrink-0 text-ink-faint" />}
      <span className="min-w-0 flex-1">
        <span className="block truncate">{entry.label}</span>
        {entry.detail !== undefined && (
          <span className="block truncate text-xs text-ink-faint">{entry.detail}</span>
        )}
      </span>
      {entry.checked === true && <Check aria-hidden className="size-4 shrink-0 text-accent-text" />}
    </>
  )
}
