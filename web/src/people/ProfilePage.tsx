import { SimpleGrid } from '@mantine/core'
import { useMe } from '../app/useMe'
import { PageHeader } from '../parts/PageHeader'
import { profile as words } from '../text/profile'
import { AboutMe } from './AboutMe'
import { AbsenceSection } from './AbsenceSection'
import { CalendarSection } from './CalendarSection'
import { InboxMailSection } from './InboxMailSection'
import { PasswordSection } from './PasswordSection'
import { SessionsSection } from './SessionsSection'

/** What a person sets for themselves. */
export function Page() {
  const me = useMe()
  return (
    <>
      <PageHeader title={words.title} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <div>
          <AboutMe me={me} />
          <AbsenceSection />
          <InboxMailSection me={me} />
        </div>
        <div>
          <PasswordSection />
          <SessionsSection />
          <CalendarSection />
        </div>
      </SimpleGrid>
    </>
  )
}
