import {
  ActionIcon,
  Alert,
  Anchor,
  Badge,
  Button,
  Code,
  CopyButton,
  Group,
  Modal,
  Skeleton,
  Stack,
  Table,
  TextInput,
} from '@mantine/core'
import { IconAddressBook, IconCopy } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  createTokenMutation,
  listTokensOptions,
  listTokensQueryKey,
  revokeTokenMutation,
  type Token,
} from '../api'
import { confirm } from '../parts/confirm'
import { Empty } from '../parts/Empty'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { sayProblem } from '../parts/saying'
import { When } from '../parts/When'
import { t } from '../text'
import { settings } from '../text/settings'

const words = settings.tokens

/** One's own tokens for programs. */
export function Page() {
  const [making, setMaking] = useState(false)
  const found = useQuery(listTokensOptions({ query: { limit: 200 } }))
  const tokens = found.data?.items ?? []
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <Anchor href="/api/v1/docs" target="_blank" size="sm">
          {words.docs}
        </Anchor>
        <Button onClick={() => setMaking(true)}>{words.make}</Button>
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={160} />}
      {found.data && tokens.length === 0 && (
        <Empty icon={IconAddressBook} title={words.none} about={words.noneAbout} />
      )}
      {tokens.length > 0 && <Tokens tokens={tokens} />}
      <Modal opened={making} onClose={() => setMaking(false)} title={words.make}>
        {making && <NewToken onClose={() => setMaking(false)} />}
      </Modal>
    </>
  )
}

function Tokens({ tokens }: { tokens: Token[] }) {
  const cache = useQueryClient()
  const revoke = useMutation({
    ...revokeTokenMutation(),
    onSuccess: () => cache.invalidateQueries({ queryKey: listTokensQueryKey({ query: { limit: 200 } }) }),
    onError: (error) => sayProblem(error),
  })
  const end = async (token: Token) => {
    const question = {
      title: words.revokeTitle(token.name),
      about: words.revokeAbout,
      yes: words.revoke,
      danger: true,
    }
    if (await confirm(question)) revoke.mutate({ path: { token_id: token.id } })
  }
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table className="surface" withTableBorder>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.name}</Table.Th>
            <Table.Th>{words.created}</Table.Th>
            <Table.Th>{words.used}</Table.Th>
            <Table.Th>{words.expires}</Table.Th>
            <Table.Th aria-label={t.common.actions} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tokens.map((token) => (
            <Table.Tr key={token.id}>
              <Table.Td>
                {token.name} <Code>{token.hint}…</Code>
              </Table.Td>
              <Table.Td>
                <When at={token.created_at} />
              </Table.Td>
              <Table.Td>{token.used_at ? <When at={token.used_at} /> : words.never}</Table.Td>
              <Table.Td>{token.expires_at ? <When at={token.expires_at} exact /> : words.never}</Table.Td>
              <Table.Td ta="right">
                {token.revoked_at ? (
                  <Badge color="gray">{words.ended}</Badge>
                ) : (
                  <Button size="compact-xs" color="red" variant="subtle" onClick={() => end(token)}>
                    {words.revoke}
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function NewToken({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [ends, setEnds] = useState('')
  const cache = useQueryClient()
  const make = useMutation({
    ...createTokenMutation(),
    onSuccess: () => cache.invalidateQueries({ queryKey: listTokensQueryKey({ query: { limit: 200 } }) }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate({
      body: { name: name.trim(), expires_at: ends ? new Date(`${ends}T23:59:59`).toISOString() : null },
    })
  }
  if (make.data) return <Made secret={make.data.token} onClose={onClose} />
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {make.error && <Problem error={make.error} />}
        <TextInput
          label={words.name}
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={words.expires}
          description={words.expiresAbout}
          type="date"
          value={ends}
          onChange={(event) => setEnds(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={make.isPending}>
            {words.create}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Made({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Stack gap="sm">
      <Alert color="yellow">{words.once}</Alert>
      <Group wrap="nowrap">
        <Code block style={{ flex: 1, wordBreak: 'break-all', whiteSpace: 'pre-wrap' }}>
          {secret}
        </Code>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <ActionIcon
              variant="default"
              size="lg"
              onClick={copy}
              aria-label={copied ? t.common.copied : t.common.copy}
              color={copied ? 'green' : undefined}
            >
              <IconCopy size={18} />
            </ActionIcon>
          )}
        </CopyButton>
      </Group>
      <Group justify="flex-end">
        <Button onClick={onClose}>{t.common.close}</Button>
      </Group>
    </Stack>
  )
}
