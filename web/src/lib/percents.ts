/** The whole numbers of a text like "50, 80%, 100"; null if it has none or anything else. */
export function percentsIn(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '')
  const digits = parts.map((part) => part.replace(/%$/, ''))
  const isList = digits.length > 0 && digits.every((part) => /^\d{1,9}$/.test(part))
  return isList ? digits.map(Number) : null
}

/** The share of a whole in percent, for drawing: cut to two decimals. */
export function shareOf<Amount extends number | bigint>(part: Amount, whole: Amount): number {
  return Number(whole) === 0 ? 0 : Math.trunc((Number(part) / Number(whole)) * 10_000) / 100
}
