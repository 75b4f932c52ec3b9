import { useEffect } from 'react'
import { api, asProblem } from '../api'
import type { Editor, EditorState } from './store'

const PAUSE = 300
const AGAIN = 3_000

/** Asks the server about the draft at every pause, at once when a block or connection comes or goes. */
export function useLiveCheck(editor: Editor) {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let asked: AbortController | undefined
    const later = (pause: number) => {
      clearTimeout(timer)
      timer = setTimeout(ask, pause)
    }
    async function ask() {
      asked?.abort()
      const mine = new AbortController()
      asked = mine
      const { name, description, module, document } = editor.state.draft
      try {
        const body = { document: { ...document }, module, name, description }
        const { data } = await api.checkWorkflow({ body, signal: mine.signal, throwOnError: true })
        if (!mine.signal.aborted) editor.store.setState({ checked: data })
      } catch (error) {
        if (!mine.signal.aborted && asProblem(error).unreachable) later(AGAIN)
      }
    }
    void ask()
    const leave = editor.store.subscribe((now, before) => {
      if (now.draft !== before.draft) later(isStructural(now, before) ? 0 : PAUSE)
    })
    return () => {
      leave()
      clearTimeout(timer)
      asked?.abort()
    }
  }, [editor])
}

function isStructural({ draft: now }: EditorState, { draft: before }: EditorState): boolean {
  return (
    now.module !== before.module ||
    now.document.edges !== before.document.edges ||
    now.document.nodes.length !== before.document.nodes.length
  )
}
