import { useState } from 'react'

import { authProblem, type AuthProblem } from './auth-problem'

/** `attempt` runs an action, keeps its problem, and resolves to true on success. */
export function useAuthAttempt() {
  const [problem, setProblem] = useState<AuthProblem | null>(null)
  const [busy, setBusy] = useState(false)
  const attempt = async (action: () => Promise<void>): Promise<boolean> => {
    setBusy(true)
    setProblem(null)
    try {
      await action()
      return true
    } catch (error) {
      setProblem(authProblem(error))
      return false
    } finally {
      setBusy(false)
    }
  }
  return { attempt, busy, problem, setProblem }
}
