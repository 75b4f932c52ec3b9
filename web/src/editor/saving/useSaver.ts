import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import {
  api,
  connection,
  getWorkflowOptions,
  getWorkflowQueryKey,
  type Workflow,
  type WorkflowChange,
} from '../../api'
import { useMe } from '../../app/useMe'
import { sayDone } from '../../parts/saying'
import { editor as t } from '../../text/editor'
import { guessedExits, type Known } from '../catalogue'
import { readDocument } from '../document'
import { withPlaces } from '../layout'
import type { Draft } from '../merge'
import type { OpenWorkflow } from '../page'
import type { Editor } from '../store'
import { type Drawer, forget, keep } from './kept'
import { Saver } from './saver'

const read = new WeakMap<Workflow, Draft>()

/** A workflow of the server as the editor holds it: every block has a place. Each is laid out once. */
export function draftOf(workflow: Workflow, known: Known): Draft {
  const draft = read.get(workflow) ?? laidOut(workflow, known)
  read.set(workflow, draft)
  return draft
}

function laidOut(workflow: Workflow, known: Known): Draft {
  const document = readDocument(workflow.draft)
  const exitsOf = (node: (typeof document.nodes)[number]) => guessedExits(known, document, node)
  return {
    name: workflow.name,
    description: workflow.description,
    category: workflow.category,
    module: workflow.module,
    document: withPlaces(document, exitsOf),
  }
}

/** Saving by itself for one open workflow, with a copy in the browser until the server has it. */
export function useSaver(initial: Workflow, editor: Editor, known: Known): OpenWorkflow {
  const cache = useQueryClient()
  const path = useMemo(() => ({ key: initial.key }), [initial.key])
  const [saver] = useState(
    () =>
      new Saver(initial, {
        remote: {
          save: async (body: WorkflowChange, etag: string) =>
            (await api.changeWorkflow({ path, body, headers: { 'If-Match': etag }, throwOnError: true }))
              .data,
          load: async () => (await api.getWorkflow({ path, throwOnError: true })).data,
        },
        read: (workflow) => draftOf(workflow, known),
        mine: () => editor.state.draft,
        onKnown: (workflow) => cache.setQueryData(getWorkflowQueryKey({ path }), workflow),
        onTheirs: (theirs, base) => {
          editor.take(theirs, base)
          sayDone(t.theirsShown)
        },
      }),
  )
  const { data: workflow = initial } = useQuery({
    ...getWorkflowOptions({ path }),
    initialData: initial,
    staleTime: 30_000,
  })
  useSavingByItself(saver, editor, useDrawer(initial.key))
  useEffect(() => {
    void saver.heard(workflow.etag).catch(() => undefined)
  }, [saver, workflow.etag])
  const save = useCallback(() => saver.flush(), [saver])
  const adopt = useCallback((next: Workflow) => saver.know(next), [saver])
  return useMemo(() => ({ workflow, saver, save, adopt }), [workflow, saver, save, adopt])
}

/** Where this person's unsaved draft of the workflow is kept. */
export function useDrawer(workflow: string): Drawer {
  const person = useMe().user.id
  return useMemo(() => ({ person, workflow }), [person, workflow])
}

function useSavingByItself(saver: Saver, editor: Editor, drawer: Drawer) {
  useEffect(() => {
    const copy = () => {
      if (editor.state.readOnly) return
      if (saver.settled) forget(drawer)
      else keep(drawer, { etag: saver.etag, base: saver.base, draft: editor.state.draft, at: Date.now() })
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    const copySoon = () => {
      clearTimeout(timer)
      timer = setTimeout(copy, 250)
    }
    const leave = [
      editor.store.subscribe((now, before) => {
        if (now.draft === before.draft) return
        saver.changed()
        copySoon()
      }),
      saver.state.subscribe((state) => state.kind === 'saved' && copySoon()),
      connection.subscribe((now) => now.online && saver.retry()),
    ]
    const onLeave = (event: BeforeUnloadEvent) => {
      copy()
      if (saver.settled) return
      void saver.flush()
      event.preventDefault()
    }
    window.addEventListener('beforeunload', onLeave)
    window.addEventListener('pagehide', copy)
    return () => {
      for (const end of leave) end()
      clearTimeout(timer)
      copy()
      void saver.flush().then(() => {
        if (saver.settled) forget(drawer)
        saver.stop()
      })
      window.removeEventListener('beforeunload', onLeave)
      window.removeEventListener('pagehide', copy)
    }
  }, [saver, editor, drawer])
}
