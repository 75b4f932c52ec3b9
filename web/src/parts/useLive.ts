import { useEffect } from 'react'
import { queries } from '../api'
import { live } from '../app/live'

/**
 * Ask again for what these operations gave, when the server says that something of these kinds happened:
 * at once, and then at most every so many milliseconds, however busy the engine is.
 */
export function useLive(kinds: readonly string[], operations: readonly string[], pause = 2_000) {
  const all = `${kinds.join()} ${operations.join()}`
  useEffect(() => {
    const [told = '', asked = ''] = all.split(' ')
    let timer: ReturnType<typeof setTimeout> | undefined
    let last = 0
    const ask = () => {
      timer = undefined
      last = Date.now()
      for (const _id of asked.split(',')) queries.invalidateQueries({ queryKey: [{ _id }] })
    }
    const hear = () => {
      timer ??= setTimeout(ask, Math.max(last + pause - Date.now(), 0))
    }
    const ends = told.split(',').map((kind) => live.on(kind, hear))
    return () => {
      clearTimeout(timer)
      for (const end of ends) end()
    }
  }, [all, pause])
}
