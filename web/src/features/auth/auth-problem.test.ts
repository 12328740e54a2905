import { expect, test } from 'vitest'

import { authProblem } from './auth-problem'

const failing = (code: string) => Object.assign(new Error(code), { code })

test('gives a wrong password and an unknown account the same message', () => {
  expect(authProblem(failing('auth/wrong-password'))).toEqual(authProblem(failing('auth/user-not-found')))
})

test('says that an account is disabled', () => {
  expect(authProblem(failing('auth/user-disabled'))?.message).toContain('disabled')
})

test('shows nothing if the user closed the window', () => {
  expect(authProblem(failing('auth/popup-closed-by-user'))).toBeNull()
})

test('names the code of what it does not know', () => {
  expect(authProblem(failing('auth/odd'))?.message).toContain('auth/odd')
  expect(authProblem(new Error('odd'))?.message).toBe('Sign-in failed. Try again in a moment.')
})
