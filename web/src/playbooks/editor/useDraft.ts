import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import {
  asProblem,
  changePlaybookMutation,
  type PlaybookOut,
  publishPlaybookMutation,
  queries,
} from '../../api'
import { sayDone } from '../../parts/saying'
import { playbooks as t } from '../../text/playbooks'
import { asDrawing, type Drawing } from './drawing'

export function refreshPlaybooks() {
  for (const _id of ['listPlaybooks', 'getPlaybook']) queries.invalidateQueries({ queryKey: [{ _id }] })
}

/** What is drawn and not saved yet, and how it is saved and published. What was typed is never lost. */
export function useDraft(loaded: PlaybookOut) {
  const [base, setBase] = useState(loaded)
  const [name, setName] = useState(loaded.name)
  const [description, setDescription] = useState(loaded.description)
  const [drawing, setDrawing] = useState<Drawing>(() => asDrawing(loaded.definition))
  const [touched, setTouched] = useState(false)
  const take = (theirs: PlaybookOut) => {
    setBase(theirs)
    setName(theirs.name)
    setDescription(theirs.description)
    setDrawing(asDrawing(theirs.definition))
    setTouched(false)
    change.reset()
    publishing.reset()
  }
  const change = useMutation(changePlaybookMutation())
  const publishing = useMutation(publishPlaybookMutation())
  const path = { key: loaded.key }
  const headers = (etag: string | null) => (etag ? { 'If-Match': etag } : {})
  const send = async (etag: string | null) => {
    const body = { name, description, definition: drawing }
    const saved = await change.mutateAsync({ path, body, headers: headers(etag) })
    setBase(saved)
    setTouched(false)
    refreshPlaybooks()
    return saved
  }
  /** What fails is shown on the page, from the mutation. */
  const quietly = (work: Promise<unknown>) => void work.catch(() => undefined)
  const edit = <T>(set: (value: T) => void) => {
    return (value: T) => {
      set(value)
      setTouched(true)
    }
  }
  const error = change.error ?? publishing.error
  return {
    base,
    name,
    description,
    drawing,
    touched,
    error: error ? asProblem(error) : null,
    failed: change.error ? t.notSaved : t.notPublished,
    pending: change.isPending || publishing.isPending,
    saving: change.isPending,
    publishing: publishing.isPending,
    setName: edit(setName),
    setDescription: edit(setDescription),
    setDrawing: edit(setDrawing),
    save: (over = false) => {
      publishing.reset()
      quietly(send(over ? null : base.etag).then(() => sayDone(t.saved)))
    },
    publish: () =>
      quietly(
        (async () => {
          change.reset()
          const saved = touched ? await send(base.etag) : base
          const done = await publishing.mutateAsync({ path, body: {}, headers: headers(saved.etag) })
          setBase(done)
          refreshPlaybooks()
          sayDone(t.published)
        })(),
      ),
    take,
    /** The state alone has changed. */
    noteState: (now: PlaybookOut) => {
      setBase(now)
      refreshPlaybooks()
    },
  }
}

export type Draft = ReturnType<typeof useDraft>
