import { useEffect } from 'react'
import { useBlocker } from 'react-router'
import { confirm } from '../../parts/confirm'
import { templates as t } from '../../text/outbox'

/** Asks before a page is left whose words are not saved; the browser asks by itself before it is closed. */
export function useUnsaved(dirty: boolean) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => dirty && currentLocation.pathname !== nextLocation.pathname,
  )
  useEffect(() => {
    if (blocker.state !== 'blocked') return
    const question = { title: t.leave, about: t.leaveAbout, yes: t.leaveYes, danger: true }
    confirm(question).then((yes) => (yes ? blocker.proceed() : blocker.reset()))
  }, [blocker])
  useEffect(() => {
    if (!dirty) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [dirty])
}
