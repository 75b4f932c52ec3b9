import { useEffect, useRef } from 'react'
import { useEditor, useEditorState } from '../store'

/** A field of the whole workflow that gets the focus when a problem or advice on it is clicked. */
export function usePointedAt<Element extends HTMLElement>(path: string) {
  const editor = useEditor()
  const pointed = useEditorState((state) => state.pointed)
  const element = useRef<Element>(null)
  useEffect(() => {
    if (pointed?.node !== null || pointed.path !== path) return
    element.current?.focus()
    editor.store.setState({ pointed: null })
  }, [editor, pointed, path])
  return element
}
