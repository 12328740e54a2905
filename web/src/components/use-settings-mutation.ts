// Saves a setting, reloads the queries it changes, and shows a toast.
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'

import { ApiError, codeOf } from '@/lib/api/problem'

import { useToast } from './toast'

export const CHANGED_MEANWHILE = 'changed_meanwhile'
const OVERTAKEN = 'Somebody else changed this meanwhile. It is shown as it is now; your change was not saved.'

type Change<Given, Result> = {
  change: (given: Given) => Promise<Result>
  outdated: readonly QueryKey[]
  /** Toast on success; null if the page shows the result itself. */
  done: ((given: Given, result: Result) => string) | null
  onDone?: (result: Result) => void
}

export function useSettingsMutation<Given = void, Result = unknown>({
  change,
  outdated,
  done,
  onDone,
}: Change<Given, Result>) {
  const queries = useQueryClient()
  const toast = useToast()
  const reload = () => Promise.all(outdated.map((queryKey) => queries.invalidateQueries({ queryKey })))
  return useMutation({
    mutationFn: async (given: Given) => {
      try {
        return await change(given)
      } catch (error) {
        if (codeOf(error) !== CHANGED_MEANWHILE) throw error
        await reload()
        throw new ApiError(409, CHANGED_MEANWHILE, OVERTAKEN)
      }
    },
    onSuccess: async (result, given) => {
      await reload()
      if (done) toast({ title: done(given, result) })
      onDone?.(result)
    },
  })
}
