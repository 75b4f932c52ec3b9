import { Badge, Button, Group, Paper, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { listProvidersQueryKey, type ProviderOut, removeProviderMutation } from '../../api'
import { confirm } from '../../parts/confirm'
import { sayDone, sayProblem } from '../../parts/saying'
import type { ProviderWords } from '../../text/providers'

interface Props {
  items: readonly ProviderOut[]
  words: ProviderWords
  onEdit: (item: ProviderOut) => void
}

/** One line per provider: what it is called, where it leads, and what can be done with it. */
export function ProviderList({ items, words, onEdit }: Props) {
  return (
    <Stack gap="xs" mb="md" component="ul" p={0} style={{ listStyle: 'none' }} aria-label={words.table}>
      {items.map((item) => (
        <Paper
          key={item.key}
          component="li"
          className="surface"
          px="md"
          py="sm"
          data-testid={`provider-${item.key}`}
        >
          <Group justify="space-between" wrap="nowrap" gap="sm">
            <div style={{ minWidth: 0 }}>
              <Group gap="xs" wrap="nowrap">
                <Text fw={600} truncate title={item.name}>
                  {item.name}
                </Text>
                {item.default && <Badge style={{ flex: 'none' }}>{words.default}</Badge>}
              </Group>
              <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {item.service_label} {item.host && words.server(item.host)} · <code>{item.key}</code>
              </Text>
            </div>
            <Group gap={4} wrap="nowrap" style={{ flex: 'none' }}>
              <Button size="xs" variant="default" onClick={() => onEdit(item)}>
                {words.edit}
              </Button>
              <Remove item={item} words={words} />
            </Group>
          </Group>
        </Paper>
      ))}
    </Stack>
  )
}

function Remove({ item, words }: { item: ProviderOut; words: ProviderWords }) {
  const cache = useQueryClient()
  const remove = useMutation({
    ...removeProviderMutation(),
    onSuccess: () => {
      sayDone(words.removed(item.name))
      cache.invalidateQueries({ queryKey: listProvidersQueryKey() })
    },
    onError: (error) => sayProblem(error, words.notRemoved),
  })
  const ask = async () => {
    const question = {
      title: words.removeTitle(item.name),
      about: words.removeAbout,
      yes: words.remove,
      danger: true,
    }
    if (await confirm(question)) remove.mutate({ path: { key: item.key } })
  }
  return (
    <Button size="xs" variant="subtle" color="red" loading={remove.isPending} onClick={ask}>
      {words.remove}
    </Button>
  )
}
