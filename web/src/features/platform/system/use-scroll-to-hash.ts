import { useEffect } from 'react'
import { useLocation } from 'react-router'

/** Scrolls to the part that the address names, once it is loaded and has its height. */
export function useScrollToHash(isLoaded: boolean) {
  const { hash, key } = useLocation()
  useEffect(() => {
    if (isLoaded && hash) document.getElementById(hash.slice(1))?.scrollIntoView()
  }, [isLoaded, hash, key])
}
