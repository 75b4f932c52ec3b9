import { create } from 'zustand'

interface Expiry {
  /** Requests that wait for the person to sign in again; empty: nobody has to. */
  waiting: ((signedIn: boolean) => void)[]
  /** Whether somebody was signed in on this page at all. */
  known: boolean
}

const useStore = create<Expiry>(() => ({ waiting: [], known: false }))

/**
 * Called after a 401. Resolves to true when the person signed in again over the open page, and to false
 * where there was no session to begin with, so that the sign-in page is shown instead.
 */
export function signedInAgain(): Promise<boolean> {
  if (!useStore.getState().known) return Promise.resolve(false)
  return new Promise((resolve) => useStore.setState((state) => ({ waiting: [...state.waiting, resolve] })))
}

export const expiry = {
  useIsOpen: () => useStore((state) => state.waiting.length > 0),
  /** The page knows who is signed in: from now on, a 401 means that the session ended. */
  begun: () => useStore.setState({ known: true }),
  /** Somebody signed out on purpose: a 401 is what one expects. */
  ended: () => useStore.setState({ known: false }),
  /** Let the requests that waited go on, or fail. */
  settle(signedIn: boolean) {
    const { waiting } = useStore.getState()
    useStore.setState({ waiting: [] })
    for (const resolve of waiting) resolve(signedIn)
  },
}
