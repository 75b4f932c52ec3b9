import { afterEach, describe, expect, it, vi } from 'vitest'
import { returnFocus } from './focusReturn'

let end = () => {}
afterEach(() => {
  end()
  vi.useRealTimers()
  document.body.replaceChildren()
})

function page() {
  vi.useFakeTimers()
  document.body.innerHTML =
    '<button id="opens">Look</button><div role="menu"><button id="item">x</button></div>'
  end = returnFocus(document)
  const at = (id: string) => document.getElementById(id) as HTMLElement
  const open = () => {
    const dialog = document.createElement('div')
    dialog.setAttribute('role', 'dialog')
    dialog.innerHTML = '<button id="closes">Close</button>'
    document.body.append(dialog)
    at('closes').focus()
    return dialog
  }
  return { at, open }
}

describe('a dialog that goes', () => {
  it('gives the focus back to what opened it', () => {
    const { at, open } = page()
    at('opens').focus()
    open().remove()
    vi.advanceTimersByTime(400)
    expect(document.activeElement).toBe(at('opens'))
  })

  it('gives it to the button of the menu, not to an entry that is gone', () => {
    const { at, open } = page()
    at('opens').focus()
    at('item').focus()
    open().remove()
    vi.advanceTimersByTime(400)
    expect(document.activeElement).toBe(at('opens'))
  })

  it('leaves it alone where something else took it meanwhile', () => {
    const { at, open } = page()
    at('opens').focus()
    const dialog = open()
    at('item').focus()
    dialog.remove()
    vi.advanceTimersByTime(400)
    expect(document.activeElement).toBe(at('item'))
  })
})
