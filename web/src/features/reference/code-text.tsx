/** Text whose parts between backticks are code. */
export function CodeText({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 1 ? (
      <code key={index} className="rounded bg-sunken px-1 font-mono text-xs wrap-anywhere text-ink">
        {part}
      </code>
    ) : (
      part
    ),
  )
}
