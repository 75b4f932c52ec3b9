import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import {
  asProblem,
  changeTemplateMutation,
  getTemplateOptions,
  getTemplateQueryKey,
  queries,
  type Template,
} from '../../api'
import { sayDone } from '../../parts/saying'
import { templates as t } from '../../text/outbox'
import { changed, type Words, wordsOf } from './words'

/** Every list of templates is asked for again. */
export function refreshTemplates() {
  for (const _id of ['listTemplates', 'getTemplate']) queries.invalidateQueries({ queryKey: [{ _id }] })
}

/** A template as it is being written: what differs from the saved one, saving, and a conflict with others. */
export function useTemplate(saved: Template) {
  const path = { key: saved.key }
  const [base, setBase] = useState(saved)
  const [words, setWords] = useState(() => wordsOf(saved))
  const [theirs, setTheirs] = useState<Template | null>(null)
  const read = () => queries.fetchQuery({ ...getTemplateOptions({ path }), staleTime: 0 })
  const save = useMutation({
    ...changeTemplateMutation(),
    onSuccess: (now) => {
      queries.setQueryData(getTemplateQueryKey({ path }), now)
      queries.invalidateQueries({ queryKey: [{ _id: 'listTemplates' }] })
      setBase(now)
      setTheirs(null)
      sayDone(t.saved)
    },
    onError: async (error) => {
      if (asProblem(error).conflict) setTheirs(await read())
    },
  })
  const send = (etag: string) => save.mutate({ path, body: words, headers: { 'If-Match': etag } })
  const problem = save.error ? asProblem(save.error) : null
  return {
    words,
    change: (part: Partial<Words>) => setWords((now) => ({ ...now, ...part })),
    dirty: changed(words, wordsOf(base)),
    pending: save.isPending,
    problem: problem?.conflict ? null : problem,
    save: () => send(base.etag),
    theirs,
    takeTheirs() {
      if (!theirs) return
      setBase(theirs)
      setWords(wordsOf(theirs))
      setTheirs(null)
      save.reset()
    },
    saveMine: () => theirs && send(theirs.etag),
  }
}
