import { expect, test } from 'vitest'

import { typosIn, type BudgetForm } from './budget-form'

const FORM: BudgetForm = {
  ...{ id: 'all', kind: 'tenant', unit: 'amount_usd', amount: '99.50', window: 'month', on_reach: 'block' },
  thresholds: '80, 100',
}

test.each<[string, Partial<BudgetForm>]>([
  ['the largest amount', { amount: '$1,000,000.00' }],
  ['a nano-dollar', { amount: '0.000000001' }],
  ['no alerts', { thresholds: '' }],
  ['many runs of the tenant', { unit: 'runs', amount: '10001' }],
  ['10,000 runs of a user', { kind: 'user_id', value: '*', unit: 'runs', amount: '10,000' }],
  ['a tag', { kind: 'tag', tag: 'feature', value: '<b>' }],
])('accepts %s', (_, changes) => {
  expect(typosIn({ ...FORM, ...changes }, ['other'])).toEqual({})
})

test.each<[Partial<BudgetForm>, object]>([
  [{ amount: '' }, { amount: 'Enter an amount, such as 99.50.' }],
  [{ amount: '-1' }, { amount: 'Enter an amount, such as 99.50.' }],
  [{ amount: '1e30' }, { amount: 'Enter an amount, such as 99.50.' }],
  [{ amount: '0.00' }, { amount: 'Enter more than 0.' }],
  [{ amount: '1000000.01' }, { amount: 'Enter at most $1,000,000.' }],
  [{ unit: 'tokens', amount: '1.5' }, { amount: 'Enter a whole number.' }],
  [{ unit: 'tokens', amount: '9007199254740992' }, { amount: 'Enter at most 9,007,199,254,740,991.' }],
  [{ kind: 'user_id', value: 'u', unit: 'runs', amount: '10001' }, { amount: 'Enter at most 10,000.' }],
  [{ id: 'All of it' }, { id: 'Use lower-case letters, digits, _ and -, at most 64.' }],
  [{ tag: '<b>x</b>', value: 'v' }, { tag: 'Use a lower-case letter, then a-z, 0-9, _ and -.' }],
  [{ thresholds: '0' }, { thresholds: 'Enter at most 10 percentages from 1 to 1000.' }],
  [{ thresholds: '1,2,3,4,5,6,7,8,9,10,11' }, { thresholds: 'Enter at most 10 percentages from 1 to 1000.' }],
])('refuses %o', (changes, typos) => {
  expect(typosIn({ ...FORM, ...changes }, [])).toEqual(typos)
})
