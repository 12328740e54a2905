// A change by an operator: what it makes old is read again, and a toast says that it is done.
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'

import { useToast } from '@/components/toast'

type Change<Given, Result> = {
  change: (given: Given) => Promise<Result>
  outdated: readonly QueryKey[]
  /** The toast; null if the page shows the result itself. */
  done: string | null
  onDone?: (result: Result) => void
}

export function useOperatorChange<Given, Result = unknown>({
  change,
  outdated,
  done,
  onDone,
}: Change<Given, Result>) {
  const queries = useQueryClient()
  const toast = useToast()
  const reload = () => Promise.all(outdated.map((queryKey) => queries.invalidateQueries({ queryKey })))
  const mutation = useMutation({
    mutationFn: change,
    onSuccess: async (result) => {
      await reload()
      if (done !== null) toast({ title: done })
      onDone?.(result)
    },
  })
  return { ...mutation, reload }
}
