// Amounts in minor units of a currency, as Stripe sends them.

// Which currencies have no minor unit, and which have three digits: docs.stripe.com/currencies. Of its list of
// zero-decimal ones UGX is left out: its amounts still come with two decimals, as those of ISK do.
const WHOLE = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ')
const THREE_DIGITS = ['bhd', 'jod', 'kwd', 'omr', 'tnd']
const CURRENCY = /^[a-z]{3}$/i

/** An amount with its currency: 2900 of "usd" is "$29.00", of "jpy" "¥2,900". Throws for what is not a whole number. */
export function formatMinorUnits(amount: number, currency: string): string {
  const digits = fractionDigits(currency)
  const decimal = decimalOf(BigInt(amount), digits)
  if (!CURRENCY.test(currency)) return `${decimal} ${currency}`
  const shown = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return new Intl.NumberFormat('en-US', { style: 'currency', currency, ...shown }).format(decimal)
}

function fractionDigits(currency: string): number {
  const code = currency.toLowerCase()
  if (WHOLE.includes(code)) return 0
  return THREE_DIGITS.includes(code) ? 3 : 2
}

/** By text and not by division, so that no digit is lost. */
function decimalOf(minor: bigint, digits: number): `${number}` {
  const size = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0')
  const [whole, fraction] = [size.slice(0, size.length - digits), size.slice(size.length - digits)]
  return `${minor < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}` as `${number}`
}
