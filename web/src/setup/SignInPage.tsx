import { Center, Group, Paper, Title } from '@mantine/core'
import { useEffect } from 'react'
import { useLocation, useNavigate, useSearchParams } from 'react-router'
import { Logo } from '../parts/Logo'
import { t } from '../text'
import { CameBack, Elsewhere } from './Elsewhere'
import { SignInForm } from './SignInForm'

/** For whoever is not signed in; afterwards it goes on where they wanted to go. */
export function Page() {
  const navigate = useNavigate()
  const from = (useLocation().state as { from?: string } | null)?.from ?? '/'
  const [params] = useSearchParams()
  useEffect(() => {
    document.title = `${t.session.title} · ${t.frame.product}`
  }, [])
  return (
    <Center component="main" mih="90vh" p="md">
      <Paper p="xl" w="100%" maw={380} className="surface">
        <Group gap="xs" mb="lg">
          <Logo size={30} />
          <Title order={1}>{t.frame.product}</Title>
        </Group>
        <CameBack problem={params.get('problem')} />
        <Elsewhere from={from}>
          <SignInForm onDone={() => navigate(from, { replace: true })} />
        </Elsewhere>
      </Paper>
    </Center>
  )
}
