import { Button, Code, Group, Modal, Skeleton, Table } from '@mantine/core'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { deleteSecretMutation, type Kept, listSecretsOptions, listSecretsQueryKey } from '../../api'
import { confirm } from '../../parts/confirm'
import { Empty } from '../../parts/Empty'
import { Problem } from '../../parts/Problem'
import { sayProblem } from '../../parts/saying'
import { When } from '../../parts/When'
import { t } from '../../text'
import { connections as words } from '../../text/connections'
import { Section } from '../Section'
import { SecretForm } from './SecretForm'

const ALL = { query: { limit: 200 } }

/** The secrets by name and server; values can be given and replaced, never read. */
export function SecretsSection() {
  const [open, setOpen] = useState<Kept | 'new' | null>(null)
  const found = useQuery(listSecretsOptions(ALL))
  const secrets = found.data?.items ?? []
  const replaced = open === 'new' ? null : open
  return (
    <Section title={words.secrets} about={words.secretsAbout}>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={120} />}
      {found.data && secrets.length === 0 && (
        <Empty icon={IconKey} title={words.none} about={words.noneAbout} />
      )}
      {secrets.length > 0 && <Secrets secrets={secrets} onReplace={setOpen} />}
      <Group justify="flex-end">
        <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen('new')}>
          {words.add}
        </Button>
      </Group>
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        title={replaced ? words.replaceTitle(replaced.key) : words.add}
      >
        {open && <SecretForm replaced={replaced} onClose={() => setOpen(null)} />}
      </Modal>
    </Section>
  )
}

function Secrets({ secrets, onReplace }: { secrets: Kept[]; onReplace: (one: Kept) => void }) {
  const cache = useQueryClient()
  const remove = useMutation({
    ...deleteSecretMutation(),
    onSuccess: () => cache.invalidateQueries({ queryKey: listSecretsQueryKey(ALL) }),
    onError: (error) => sayProblem(error, words.notRemoved),
  })
  const ask = async ({ key }: Kept) => {
    const question = {
      title: words.removeTitle(key),
      about: words.removeAbout,
      yes: words.remove,
      danger: true,
    }
    if (await confirm(question)) remove.mutate({ path: { key } })
  }
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table withTableBorder>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.name}</Table.Th>
            <Table.Th>{words.host}</Table.Th>
            <Table.Th>{words.changed}</Table.Th>
            <Table.Th aria-label={t.common.actions} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {secrets.map((one) => (
            <Table.Tr key={one.key} data-testid={`secret-${one.key}`}>
              <Table.Td>
                <Code>{one.key}</Code>
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{one.host}</Table.Td>
              <Table.Td>
                <When at={one.changed_at} />
              </Table.Td>
              <Table.Td>
                <Group gap={4} justify="flex-end" wrap="nowrap">
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    aria-label={words.replaceOf(one.key)}
                    onClick={() => onReplace(one)}
                  >
                    {words.replace}
                  </Button>
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    color="red"
                    aria-label={words.removeOf(one.key)}
                    onClick={() => ask(one)}
                  >
                    {words.remove}
                  </Button>
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
