import { ProvidersPage } from './ProvidersPage'

/** The rooms that chat messages go to. */
export function Page() {
  return <ProvidersPage kind="chat" />
}
