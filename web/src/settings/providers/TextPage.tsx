import { ProvidersPage } from './ProvidersPage'

/** The services through which text messages leave. */
export function Page() {
  return <ProvidersPage kind="text" />
}
