// Saves a setting, reloads the queries it changes, and shows a toast.
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'

import { useToast } from './toast'

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
  return useMutation({
    mutationFn: change,
    onSuccess: async (result, given) => {
      await Promise.all(outdated.map((queryKey) => queries.invalidateQueries({ queryKey })))
      if (done) toast({ title: done(given, result) })
      onDone?.(result)
    },
  })
}
