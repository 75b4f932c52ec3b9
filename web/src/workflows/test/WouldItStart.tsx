import { Alert, Anchor, Collapse, Group, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import type { TestedRecord } from '../../api'
import { Explained } from '../../parts/Explained'
import { Status } from '../../parts/Status'
import { errorOf } from '../../runs/words'
import { format } from '../../text'
import { test as t } from '../../text/trust'
import { wouldOf } from './walk'

/** Whether the workflow would start on a record, and the filter part by part; how its run ended. */
export function WouldItStart({ record }: { record: TestedRecord }) {
  const would = wouldOf(record)
  const [open, { toggle }] = useDisclosure(record.status === null)
  const error = errorOf(record.error)
  const Sign = record.taken ? IconCircleCheck : IconCircleX
  return (
    <div data-testid="would-start">
      <Group gap={8} wrap="nowrap" align="flex-start">
        <Sign
          size={19}
          aria-hidden
          style={{ flex: 'none', marginTop: 1 }}
          color={record.taken ? 'var(--run-succeeded)' : 'var(--run-failed)'}
        />
        <div style={{ flex: 1, minWidth: 0 }}>
          <Group gap={8} justify="space-between" align="flex-start" wrap="nowrap">
            <Text size="sm" fw={600}>
              {t.would[would]}
            </Text>
            {record.status !== null && <Status of={record.status} />}
          </Group>
          <Text size="xs" c="dimmed">
            {t.happened[record.happened]} {record.explained === null && t.noFilter}
          </Text>
          {record.explained !== null && (
            <>
              <Anchor component="button" type="button" size="xs" aria-expanded={open} onClick={toggle}>
                {t.filter}
              </Anchor>
              <Collapse expanded={open}>
                <Explained tree={record.explained} />
              </Collapse>
            </>
          )}
          {record.first_time_was && (
            <Text size="xs" mt={4}>
              {t.firstTime(format.dateTime(record.first_time_was))}
            </Text>
          )}
        </div>
      </Group>
      {record.status === null && (
        <Text size="xs" mt="xs">
          {t.tryAnyway}
        </Text>
      )}
      {error && (
        <Alert color="red" py={6} mt="xs" title={error.message}>
          {error.suggestion}
        </Alert>
      )}
    </div>
  )
}
