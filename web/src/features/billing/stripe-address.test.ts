import { describe, expect, it } from 'vitest'

import { stripeAddress } from './stripe-address'

describe('the address of a page of Stripe', () => {
  it.each([
    'https://invoice.stripe.com/i/acct_1/test',
    'http://127.0.0.1:12111/i/in_1',
    'http://localhost:9/p',
  ])('may be %s', (address) => expect(stripeAddress(address)).toBe(address))

  it.each([
    'http://invoice.stripe.com/i/1',
    'http://127.0.0.1.example.com/i/1',
    'javascript:alert(1)',
    'data:text/html,hello',
    '//example.com/i',
    '/i/1',
    '',
    null,
  ])('is never %s', (address) => expect(stripeAddress(address)).toBeNull())
})
