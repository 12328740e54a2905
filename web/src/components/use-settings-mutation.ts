// A change of a setting: what has become old by it is read again, and the page says that it was made.
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'

import { useToast } from './toast'

type Change<Given, Result> = {
  change: (given: Given) => Promise<Result>
  outdated: readonly QueryKey[]
  /** Said when it is done; null for what the page shows by itself. */
  done: ((given: Given) => string) | null
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
      if (done) toast({ title: done(given) })
      onDone?.(result)
    },
  })
}
