import { expect, test } from 'vitest'

import { authProblem } from './auth-problem'

const failing = (code: string) => Object.assign(new Error(code), { code })

test('does not tell a wrong password from an unknown account', () => {
  expect(authProblem(failing('auth/wrong-password'))).toEqual(authProblem(failing('auth/user-not-found')))
})

test('says that an account is disabled', () => {
  expect(authProblem(failing('auth/user-disabled'))?.message).toContain('disabled')
})

test('says nothing to who closed the window', () => {
  expect(authProblem(failing('auth/popup-closed-by-user'))).toBeNull()
})

test('names the code of what it does not know', () => {
  expect(authProblem(failing('auth/odd'))?.message).toContain('auth/odd')
  expect(authProblem(new Error('odd'))?.message).toBe('Sign-in failed. Try again in a moment.')
})
