import { Alert, Button, Group, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconMailPause } from '@tabler/icons-react'
import { useState } from 'react'
import type { Message } from '../../api'
import { outbox as t } from '../../text/outbox'
import { DecideAll } from './DecideAll'

interface Props {
  /** The workflow that the list is narrowed to, if it is. */
  workflow: number | null
  items: readonly Message[]
}

interface Source {
  id: number
  key: string
  name: string
}

const MOST = 3

/** One line per workflow of which messages are held, with the way to decide about all of them. */
export function HeldOfWorkflow({ workflow, items }: Props) {
  const [chosen, setChosen] = useState<Source | null>(null)
  const [opened, { open, close }] = useDisclosure(false)
  const sources = sourcesOf(items).filter((source) => workflow === null || source.id === workflow)
  return (
    <>
      {sources.slice(0, MOST).map((source) => (
        <Alert key={source.id} color="grape" icon={<IconMailPause aria-hidden />} mb="xs" py="xs">
          <Group justify="space-between" gap="sm" wrap="nowrap">
            <Text size="sm">
              <b>{t.allOf.banner(source.name)}</b> {t.allOf.bannerMore}
            </Text>
            <Button
              size="xs"
              variant="default"
              style={{ flex: 'none' }}
              onClick={() => {
                setChosen(source)
                open()
              }}
            >
              {t.allOf.decide}
            </Button>
          </Group>
        </Alert>
      ))}
      {chosen && opened && <DecideAll workflow={chosen} onClose={close} />}
    </>
  )
}

function sourcesOf(items: readonly Message[]): Source[] {
  const found = new Map<number, Source>()
  for (const { status, workflow_id, workflow, workflow_name } of items)
    if (status === 'held' && workflow_id && workflow)
      found.set(workflow_id, { id: workflow_id, key: workflow, name: workflow_name ?? workflow })
  return [...found.values()]
}
