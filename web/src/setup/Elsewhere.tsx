import { Alert, Button, Divider, Stack, Text } from '@mantine/core'
import { IconLogin2 } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { getSignInWaysOptions } from '../api'
import { signOn as t } from '../text/signOn'

interface Props {
  /** Where to go on afterwards. */
  from: string
  /** A page is open behind, and must stay: sign in beside it, then say so here. */
  beside?: () => void
  /** The form for address and password. */
  children: ReactNode
}

/** The ways to sign in: at the provider, if there is one, and with a password, if that is allowed. */
export function Elsewhere({ from, beside, children }: Props) {
  const found = useQuery({ ...getSignInWaysOptions(), staleTime: 60_000 })
  const [asked, setAsked] = useState(false)
  const { provider = null, passwords = true } = found.data ?? {}
  if (!provider) return children
  const address = `/api/v1/sign-in/start?return_to=${encodeURIComponent(from)}`
  return (
    <Stack gap="sm">
      <Button
        component="a"
        href={address}
        target={beside ? '_blank' : undefined}
        leftSection={<IconLogin2 size={18} aria-hidden />}
      >
        {t.with(provider)}
      </Button>
      {beside && (
        <Button variant="default" onClick={beside}>
          {t.again}
        </Button>
      )}
      {passwords && <Divider label={t.or} />}
      {passwords || asked ? (
        <>
          {!passwords && (
            <Text size="xs" c="dimmed">
              {t.passwordsOff}
            </Text>
          )}
          {children}
        </>
      ) : (
        <Button variant="subtle" size="compact-sm" onClick={() => setAsked(true)}>
          {t.withPassword}
        </Button>
      )}
    </Stack>
  )
}

/** Why a sign-in elsewhere came to nothing, as the address of this page says. */
export function CameBack({ problem }: { problem: string | null }) {
  if (!problem) return null
  return (
    <Alert color="red" role="alert" mb="md">
      {t.problems[problem] ?? t.problems.failed}
    </Alert>
  )
}
