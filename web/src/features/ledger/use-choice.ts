// Choices of the page that stand in its address, so that a link leads to what its sender saw.
import { useSearchParams } from 'react-router'

/** A parameter of the address; `usual` is not written there. */
export function useParameter(parameter: string, usual: string) {
  const [search, setSearch] = useSearchParams()
  const choose = (chosen: string) =>
    setSearch(
      (before) => {
        const changed = new URLSearchParams(before)
        if (chosen === usual) changed.delete(parameter)
        else changed.set(parameter, chosen)
        return changed
      },
      { replace: true, preventScrollReset: true },
    )
  return [search.get(parameter) ?? usual, choose] as const
}

/** One of some options. An address that names none of them means the usual one. */
export function useChoice<Value extends string>(
  parameter: string,
  options: readonly { value: Value }[],
  usual: Value,
) {
  const [found, choose] = useParameter(parameter, usual)
  const value = options.find((option) => option.value === found)?.value ?? usual
  return [value, choose as (chosen: Value) => void] as const
}
