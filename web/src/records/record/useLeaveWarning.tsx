import { useEffect } from 'react'
import { useBlocker } from 'react-router'
import { confirm } from '../../parts/confirm'
import { records as t } from '../../text/records'

/** Asks before a page with unsaved changes is left, by a link, by Back or by closing the tab. */
export function useLeaveWarning(dirty: boolean) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => dirty && currentLocation.pathname !== nextLocation.pathname,
  )
  useEffect(() => {
    if (blocker.state !== 'blocked') return
    confirm({ title: t.leaveSure, about: t.leaveAbout, yes: t.leave, danger: true }).then((yes) =>
      yes ? blocker.proceed() : blocker.reset(),
    )
  }, [blocker])
  useEffect(() => {
    if (!dirty) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [dirty])
}
