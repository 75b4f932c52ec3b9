const FLEETING = '[role=menu], [role=listbox], [role=option]'

/**
 * When a dialog goes and takes the focus along, the focus goes back to what had it before: whoever works with
 * the keyboard goes on where they were, and does not begin at the top of the page. Answers how to end it.
 */
export function returnFocus(page: Document, every = 150): () => void {
  let before: HTMLElement | null = null
  const watched = new Map<Element, ReturnType<typeof setInterval>>()
  const watch = (dialog: Element, from: HTMLElement | null) => {
    const timer = setInterval(() => {
      if (dialog.isConnected) return
      clearInterval(timer)
      watched.delete(dialog)
      if (from?.isConnected && page.activeElement === page.body) from.focus({ preventScroll: true })
    }, every)
    watched.set(dialog, timer)
  }
  const onFocus = ({ target }: FocusEvent) => {
    if (!(target instanceof HTMLElement)) return
    const dialog = target.closest('[role=dialog]')
    if (dialog && !watched.has(dialog)) watch(dialog, before)
    if (!target.closest(FLEETING)) before = target
  }
  page.addEventListener('focusin', onFocus)
  return () => {
    page.removeEventListener('focusin', onFocus)
    for (const timer of watched.values()) clearInterval(timer)
  }
}
