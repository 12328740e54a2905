import { useEffect, useState } from 'react'

import { TextInput } from './text-input'

const TYPING_MS = 300

type SearchInputProps = {
  label: string
  placeholder: string
  maxLength: number
  /** What is searched for now. */
  value: string
  onSearch: (text: string) => void
}

/** Searches while the reader types, once they pause. */
export function SearchInput({ label, placeholder, maxLength, value, onSearch }: SearchInputProps) {
  const [text, setText] = useState(value)
  const [lastValue, setLastValue] = useState(value)
  if (value !== lastValue) {
    setLastValue(value)
    // The address may change by other ways, such as the back button; its own search keeps a blank at the end.
    if (text.trim() !== value) setText(value)
  }
  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => onSearch(text.trim()), TYPING_MS)
    return () => clearTimeout(timer)
  })
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={placeholder}
      maxLength={maxLength}
      value={text}
      onChange={({ target }) => setText(target.value)}
      className="grow sm:max-w-64"
    />
  )
}
