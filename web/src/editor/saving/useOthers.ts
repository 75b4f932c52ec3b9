import { useEffect } from 'react'
import { live } from '../../app/live'
import { useMe } from '../../app/useMe'
import { editor as t } from '../../text/editor'
import type { Editor } from '../store'
import type { Saver } from './saver'

interface Saved {
  key: string
  etag: string
  by: number | null
  by_name: string | null
}

/** Hears of whoever else saves this workflow, and says so to the editor. */
export function useOthers(editor: Editor, saver: Saver, key: string) {
  const me = useMe().user.id
  useEffect(
    () =>
      live.on('workflow', async (data) => {
        const said = data as Saved | null
        if (said?.key !== key || !said.etag) return
        try {
          const how = await saver.heard(said.etag)
          if (how === 'known') return
          const other = { name: said.by_name ?? t.somebody, self: said.by === me, at: Date.now() }
          editor.store.setState({ other })
        } catch {
          // Not to be reached just now: saving will find out.
        }
      }),
    [editor, saver, key, me],
  )
}
