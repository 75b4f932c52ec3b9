import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconTool } from '@tabler/icons-react'
import { Link } from 'react-router'
import { bulk as t } from '../../text/bulk'

interface Props {
  /** Where it is put right; undefined where one may not go there. */
  to: string | undefined
  cause: { message: string; suggestion?: string | null }
  busy: boolean
  onFixed: () => void
}

/** Something is set up wrongly: what, where to put it right, and only then the way to run it again. */
export function FixFirst({ to, cause, busy, onFixed }: Props) {
  return (
    <Alert color="orange" icon={<IconTool aria-hidden />} title={t.fixTitle} mb="md" data-testid="fix-first">
      <Stack gap={8} align="flex-start">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {cause.message} {cause.suggestion}
        </Text>
        <Text size="sm">{t.fixAbout}</Text>
        <Group gap="xs">
          {to && (
            <Button size="xs" component={Link} to={to}>
              {t.toFix}
            </Button>
          )}
          <Button size="xs" variant="default" loading={busy} onClick={onFixed}>
            {t.fixed}
          </Button>
        </Group>
      </Stack>
    </Alert>
  )
}
