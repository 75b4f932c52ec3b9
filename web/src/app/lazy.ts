import { lazy as reactLazy } from 'react'
import { api, asProblem, connection } from '../api'

/** As React's, for parts of a page: what cannot be fetched while the server is away is fetched afterwards. */
export const lazy: typeof reactLazy = (load) => reactLazy(() => patiently(load))

const PAUSE = 2_000

/**
 * Code that is fetched when it is first needed. As long as the server is away one waits; what fails although
 * the server answers fails for good, as after an update.
 */
export async function patiently<T>(load: () => Promise<T>): Promise<T> {
  for (let refused = 0; ; ) {
    while (!connection.get() && !(await answers())) await soon()
    try {
      const loaded = await load()
      await fetchStyles()
      return loaded
    } catch (error) {
      if (!(await answers())) continue
      refused += 1
      if (refused > 1) throw error
    }
  }
}

async function answers(): Promise<boolean> {
  try {
    await api.getSetup({ throwOnError: true })
    return true
  } catch (error) {
    return !asProblem(error).unreachable
  }
}

/** A moment later, or as soon as something else finds that the server is back. */
function soon(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      stop()
      resolve()
    }
    const timer = setTimeout(end, PAUSE)
    const stop = connection.subscribe((now) => now.online && end())
  })
}

/** Style sheets of such parts; the loader asks for each of them once only. */
const missing = new Set<string>()
const OF_STYLES = /^Unable to preload CSS for (.+)$/

window.addEventListener('vite:preloadError', (event) => {
  const address = OF_STYLES.exec(event.payload.message)?.[1]
  if (!address) return
  event.preventDefault()
  missing.add(address)
})

async function fetchStyles() {
  for (const address of missing) {
    await fetchStyle(address)
    missing.delete(address)
  }
}

function fetchStyle(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = address
    link.onload = () => resolve()
    link.onerror = () => {
      link.remove()
      reject(new TypeError(`Failed to fetch dynamically imported module: ${address}`))
    }
    document.head.append(link)
  })
}
