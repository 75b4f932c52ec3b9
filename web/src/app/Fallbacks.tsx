import { Button, Center, Code, Stack, Text, Title } from '@mantine/core'
import { useEffect } from 'react'
import { Link, useRouteError } from 'react-router'
import { t } from '../text'

/** An address that leads nowhere. */
export function NotFound() {
  useEffect(() => {
    document.title = `${t.frame.notFoundTitle} · ${t.frame.product}`
  }, [])
  return (
    <Center mih="60vh" p="md">
      <Stack align="center" gap="sm" maw={440}>
        <Title order={1}>{t.frame.notFound}</Title>
        <Text c="dimmed" ta="center">
          {t.frame.notFoundMore}
        </Text>
        <Button component={Link} to="/">
          {t.frame.toHome}
        </Button>
      </Stack>
    </Center>
  )
}

/** A page that threw, or whose code could not be fetched because the server was updated meanwhile. */
export function Crashed() {
  const error = useRouteError()
  const outdated = error instanceof TypeError && /dynamically imported|module script/i.test(error.message)
  return (
    <Center mih="60vh" p="md" role="alert">
      <Stack align="center" gap="sm" maw={520}>
        <Title order={1}>{outdated ? t.frame.newVersion : t.frame.crashed}</Title>
        <Text c="dimmed" ta="center">
          {outdated ? t.frame.newVersionMore : t.frame.crashedMore}
        </Text>
        {!outdated && <Code block>{error instanceof Error ? error.message : String(error)}</Code>}
        <Button onClick={() => window.location.reload()}>{t.frame.reload}</Button>
      </Stack>
    </Center>
  )
}
