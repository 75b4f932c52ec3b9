import { Group, Radio, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core'
import {
  type Icon,
  IconBolt,
  IconCalendarDue,
  IconClock,
  IconFilePlus,
  IconFileUpload,
  IconFlag,
  IconHandClick,
  IconPencil,
  IconRoute,
  IconTrash,
  IconWebhook,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getCatalogueOptions, type TriggerOut } from '../../api'
import { Problem } from '../../parts/Problem'
import { workflows as t } from '../../text/workflows'
import classes from './TriggerCards.module.css'
import { useQuota } from './useQuota'

// The most used first. A trigger that is not named here, as of a plug-in, comes last and gets the bolt.
const SIGNS: Record<string, Icon> = {
  record_created: IconFilePlus,
  record_updated: IconPencil,
  record_deleted: IconTrash,
  stage_entered: IconFlag,
  schedule: IconClock,
  date_reached: IconCalendarDue,
  manual: IconHandClick,
  document_uploaded: IconFileUpload,
  webhook: IconWebhook,
  called: IconRoute,
}

const ORDER = Object.keys(SIGNS)
const place = (key: string) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length)
// What playbooks and strategies start by is set by them.
const offered = (triggers: readonly TriggerOut[]) =>
  triggers.filter(({ internal }) => !internal).sort((a, b) => place(a.key) - place(b.key))

interface Props {
  value: string
  onChange: (trigger: string) => void
}

/** What may start a workflow, as cards to choose one from; told by the server's catalogue. */
export function TriggerCards({ value, onChange }: Props) {
  const catalogue = useQuery({ ...getCatalogueOptions(), staleTime: Number.POSITIVE_INFINITY })
  const { clock } = useQuota()
  if (catalogue.error) return <Problem error={catalogue.error} onRetry={() => catalogue.refetch()} />
  if (!catalogue.data) return <Skeleton h={240} />
  return (
    <Radio.Group label={t.new.start} description={t.new.startAbout} value={value} onChange={onChange}>
      <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }} spacing="xs" mt="xs">
        {offered(catalogue.data.triggers).map(({ key, label, description, scheduled }) => {
          const Sign = SIGNS[key] ?? IconBolt
          const full = scheduled ? clock : null
          return (
            <Radio.Card
              key={key}
              value={key}
              p="xs"
              className={classes.card}
              disabled={Boolean(full)}
              data-autofocus={key === value || undefined}
            >
              <Group wrap="nowrap" align="flex-start" gap="sm">
                <Sign size={20} stroke={1.6} aria-hidden className={classes.sign} />
                <Stack gap={0}>
                  <Text size="sm" fw={500}>
                    {label}
                  </Text>
                  <Text size="xs" c={full ? undefined : 'dimmed'}>
                    {full ?? description}
                  </Text>
                </Stack>
              </Group>
            </Radio.Card>
          )
        })}
      </SimpleGrid>
    </Radio.Group>
  )
}
