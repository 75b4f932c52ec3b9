import { Alert, Button, Group, Text } from '@mantine/core'

interface Props {
  words: { conflict: string; conflictAbout: string; saveMine: string; takeTheirs: string }
  onMine: () => void
  onTheirs: () => void
}

/** Somebody saved it meanwhile: whose is to stay. */
export function Overtaken({ words, onMine, onTheirs }: Props) {
  return (
    <Alert color="orange" mb="sm" role="alert" title={words.conflict}>
      <Text size="sm" mb="xs">
        {words.conflictAbout}
      </Text>
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={onMine}>
          {words.saveMine}
        </Button>
        <Button size="xs" variant="default" onClick={onTheirs}>
          {words.takeTheirs}
        </Button>
      </Group>
    </Alert>
  )
}
