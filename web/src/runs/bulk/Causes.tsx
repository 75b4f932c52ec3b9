import { Badge, Button, Group, Paper, Text, Title } from '@mantine/core'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { useState } from 'react'
import { bulk as t } from '../../text/bulk'
import classes from './bulk.module.css'
import { MembersTable } from './Members'

interface Cause {
  cause: string
  code: string
  message: string
  suggestion?: string | null
  count: number
  fix_first: boolean
}

interface Props {
  id: number
  module: string | null
  causes: readonly Cause[]
}

/** Why records failed: each reason once, with how many and, on asking, which. */
export function Causes({ id, module, causes }: Props) {
  return (
    <Paper className="surface" withBorder p="md" data-testid="bulk-causes">
      <Title order={2}>{t.wrong}</Title>
      {causes.map((cause) => (
        <OneCause key={cause.cause} id={id} module={module} cause={cause} />
      ))}
    </Paper>
  )
}

function OneCause({ id, module, cause }: { id: number; module: string | null; cause: Cause }) {
  const [open, setOpen] = useState(false)
  const Sign = open ? IconChevronUp : IconChevronDown
  return (
    <div className={classes.cause}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Group gap={8}>
            <Badge color="red" miw="max-content">
              {t.failedRecords(cause.count)}
            </Badge>
            {cause.fix_first && (
              <Badge color="orange" miw="max-content">
                {t.fixFirst}
              </Badge>
            )}
          </Group>
          <Text size="sm" mt={4} style={{ overflowWrap: 'anywhere' }}>
            {cause.message}
          </Text>
          {cause.suggestion && (
            <Text size="sm" c="dimmed">
              {cause.suggestion}
            </Text>
          )}
        </div>
        <Button
          size="compact-sm"
          variant="default"
          rightSection={<Sign size={14} aria-hidden />}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          style={{ flex: 'none' }}
        >
          {open ? t.hideRecords : t.showRecords}
        </Button>
      </Group>
      {open && (
        <MembersTable id={id} module={module} outcome="failed" cause={cause.cause} known={cause.message} />
      )}
    </div>
  )
}
