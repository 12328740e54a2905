// What every component test needs: matchers, a clean document, and the parts of the platform that jsdom leaves out.
import '@testing-library/jest-dom/vitest'

import { cleanup, configure } from '@testing-library/react'
import { afterEach, vi } from 'vitest'

afterEach(() => {
  cleanup()
  vi.useRealTimers()
  window.history.replaceState(null, '', '/') // the page is shared by all files
})

// The parts of a page that load after it take longer than the usual second while something else keeps the machine busy.
configure({ asyncUtilTimeout: 10_000 })

if (typeof HTMLDialogElement !== 'undefined') {
  const openers = new WeakMap<HTMLDialogElement, Element | null>()
  HTMLDialogElement.prototype.showModal = function () {
    openers.set(this, document.activeElement)
    this.setAttribute('open', '')
    this.querySelector<HTMLElement>('[autofocus], input, button, [href]')?.focus()
  }
  HTMLDialogElement.prototype.close = function () {
    this.removeAttribute('open')
    const opener = openers.get(this)
    if (opener instanceof HTMLElement) opener.focus()
    this.dispatchEvent(new Event('close'))
  }
}

const NO_MATCH = {
  matches: false,
  onchange: null,
  addListener: () => undefined,
  removeListener: () => undefined,
}

Element.prototype.scrollIntoView = () => undefined
window.scrollTo = () => undefined

// A screen that is neither narrow nor dark; tests that need another one, bring their own.
window.matchMedia = (media) => Object.assign(new EventTarget(), NO_MATCH, { media })

// Nothing comes near a screen that is not there; tests that need it to, bring their own.
globalThis.IntersectionObserver = class {
  readonly root = null
  readonly rootMargin = ''
  readonly scrollMargin = ''
  readonly thresholds = []
  observe = () => undefined
  unobserve = () => undefined
  disconnect = () => undefined
  takeRecords = () => []
}
