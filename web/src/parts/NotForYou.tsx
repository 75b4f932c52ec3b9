import { Button, Text } from '@mantine/core'
import { Link } from 'react-router'
import { t } from '../text'
import { PageHeader } from './PageHeader'

/** A page that is there, but not for whoever opened it: whom it is for, and what they can do. */
export function NotForYou({ builders = false }: { builders?: boolean }) {
  return (
    <>
      <PageHeader title={builders ? t.frame.forBuilders : t.frame.forAdministrators} />
      <Text size="sm" mb="md">
        {t.frame.askForRole}
      </Text>
      <Button component={Link} to="/" variant="default">
        {t.frame.toHome}
      </Button>
    </>
  )
}
