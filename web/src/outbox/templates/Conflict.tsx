import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import type { Template } from '../../api'
import { When } from '../../parts/When'
import { templates as t } from '../../text/outbox'
import { LetterView } from '../messages/LetterView'

interface Props {
  theirs: Template
  onTheirs: () => void
  onMine: () => void
}

/** Somebody else saved meanwhile: their words to look at, and the choice. */
export function Conflict({ theirs, onTheirs, onMine }: Props) {
  const letter = { to: [], subject: theirs.subject ?? '', html: theirs.html, text: theirs.text ?? '' }
  return (
    <Alert color="orange" icon={<IconUsers aria-hidden />} title={t.conflict} mb="md" role="alert">
      <Stack gap="sm">
        <Text size="sm">{t.conflictMore}</Text>
        <details>
          <summary>
            {t.theirWords} (<When at={theirs.updated_at} />)
          </summary>
          <LetterView letter={letter} height={200} />
        </details>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={onTheirs}>
            {t.theirs}
          </Button>
          <Button size="xs" onClick={onMine}>
            {t.mine}
          </Button>
        </Group>
      </Stack>
    </Alert>
  )
}
