import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Navigate, Outlet, useLocation } from 'react-router'
import { asProblem, getMeOptions, getSetupOptions } from '../api'
import { expiry } from '../api/expiry'
import { Problem } from '../parts/Problem'
import { setFormats } from '../text'
import { SignInAgain } from './SignInAgain'
import { Starting } from './Starting'

/** Lets in whoever is signed in; sends the others to the sign-in page, and the very first one to set-up. */
export function SignedIn() {
  const me = useQuery(getMeOptions())
  const signedOut = me.error && asProblem(me.error).status === 401
  const setup = useQuery({ ...getSetupOptions(), enabled: Boolean(signedOut) })
  const location = useLocation()
  useEffect(() => {
    if (me.data) expiry.begun()
  }, [me.data])
  if (me.data) {
    const { user, organisation } = me.data
    setFormats({
      locale: user.locale ?? organisation.locale,
      timeZone: user.time_zone ?? organisation.time_zone,
      currency: organisation.currency,
    })
    return (
      <>
        <Outlet />
        <SignInAgain />
      </>
    )
  }
  if (signedOut && setup.data) {
    const to = setup.data.needs_administrator ? '/setup' : '/sign-in'
    return <Navigate to={to} replace state={{ from: location.pathname + location.search }} />
  }
  if (me.error && !signedOut) return <Problem error={me.error} onRetry={() => me.refetch()} />
  return <Starting />
}
