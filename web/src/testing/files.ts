// Files that a page saves: jsdom has no downloads.
import { vi } from 'vitest'

/** Keep what pages save from now on, each with the name that it is saved under. */
export function keepSavedFiles(): { name: string; file: File }[] {
  const saved: { name: string; file: File }[] = []
  let last: File
  vi.spyOn(URL, 'createObjectURL').mockImplementation((file) => {
    last = file as File
    return 'blob:1'
  })
  vi.spyOn(URL, 'revokeObjectURL').mockReturnValue()
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push({ name: this.download, file: last })
  })
  return saved
}
