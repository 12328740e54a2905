/** A name that callers chose: text, cut where it is very long. */
export function Name({ text }: { text: string }) {
  return (
    <span title={text} className="block max-w-32 truncate sm:max-w-64">
      {text}
    </span>
  )
}

/** On a phone the provider stands below its model or tool, and not in a column of its own. */
export function NameAtProvider({ name, provider }: { name: string; provider: string }) {
  return (
    <>
      <Name text={name} />
      <span className="text-xs font-normal text-ink-faint sm:hidden">
        <Name text={provider} />
      </span>
    </>
  )
}
