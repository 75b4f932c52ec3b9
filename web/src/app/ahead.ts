import { useEffect } from 'react'

/** Fetches the page that is most likely opened next, as soon as the browser has a moment for it. */
export function useAhead(load: () => Promise<unknown>) {
  useEffect(() => {
    // What fails now is fetched again, and told, when the page is really opened.
    const begin = () => load().catch(() => undefined)
    if (!('requestIdleCallback' in window)) {
      const timer = setTimeout(begin, 1000)
      return () => clearTimeout(timer)
    }
    const idle = requestIdleCallback(begin, { timeout: 200 })
    return () => cancelIdleCallback(idle)
  }, [load])
}
