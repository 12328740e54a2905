/** The whole numbers of a text like "50, 80%, 100"; null if it has none or anything else. */
export function percentsIn(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '')
  const digits = parts.map((part) => part.replace(/%$/, ''))
  const isList = digits.length > 0 && digits.every((part) => /^\d{1,9}$/.test(part))
  return isList ? digits.map(Number) : null
}
