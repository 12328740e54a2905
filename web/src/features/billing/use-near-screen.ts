import { useEffect, useRef, useState } from 'react'

const MARGIN = '240px'

export function useNearScreen<Shown extends Element>() {
  const place = useRef<Shown>(null)
  const [isNear, setIsNear] = useState(false)
  useEffect(() => {
    if (isNear || !place.current) return
    const observer = new IntersectionObserver(
      (seen) => setIsNear(seen.some(({ isIntersecting }) => isIntersecting)),
      { rootMargin: MARGIN },
    )
    observer.observe(place.current)
    return () => observer.disconnect()
  }, [isNear])
  return [place, isNear] as const
}
