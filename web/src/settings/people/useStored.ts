import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem } from '../../api/problem'
import { sayDone } from '../../parts/saying'

interface Kept<T, B> {
  /** What the form was opened with; null: something new. */
  opened: T | null
  /** Writes a new thing, or of a stored one what was changed in the form. */
  write: (body: B, stored: T | null) => Promise<unknown>
  /** Fetches what is stored now. */
  again: (opened: T) => Promise<T>
  onDone: () => void
}

/**
 * Saving something that somebody else may have changed meanwhile. Then `theirs` is what they saved, the form
 * keeps what was typed, and saving once more writes what was typed beside it.
 */
export function useStored<T extends object, B extends object>({ opened, write, again, onDone }: Kept<T, B>) {
  const [theirs, setTheirs] = useState<T | null>(null)
  const cache = useQueryClient()
  const done = (message: string) => {
    sayDone(message)
    cache.invalidateQueries()
    onDone()
  }
  const save = useMutation({
    mutationFn: ({ body }: { body: B; message: string }) =>
      write(opened ? changed(body, opened) : body, theirs ?? opened),
    onSuccess: (_, { message }) => done(message),
    onError: async (error) => {
      if (opened && asProblem(error).conflict) setTheirs(await again(opened))
    },
  })
  return { save, theirs, problem: save.error ? asProblem(save.error) : null, done }
}

/** What the form says that was not so when it was opened. */
function changed<B extends object>(body: B, opened: object): B {
  const before = new Map<string, unknown>(Object.entries(opened))
  const differs = ([key, value]: [string, unknown]) =>
    JSON.stringify(value ?? null) !== JSON.stringify(before.get(key) ?? null)
  return Object.fromEntries(Object.entries(body).filter(differs)) as B
}
