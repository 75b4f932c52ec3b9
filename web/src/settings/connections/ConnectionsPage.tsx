import { PageHeader } from '../../parts/PageHeader'
import { connections as words } from '../../text/connections'
import { NetworksSection } from './NetworksSection'
import { SecretsSection } from './SecretsSection'

/** What workflows sign in with elsewhere, and which networks they may reach. */
export function Page() {
  return (
    <>
      <PageHeader title={words.title} about={words.about} />
      <SecretsSection />
      <NetworksSection />
    </>
  )
}
