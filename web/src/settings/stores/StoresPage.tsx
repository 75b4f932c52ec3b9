import { Alert, Badge, Button, Group, Modal, Paper, Skeleton, Stack, Text } from '@mantine/core'
import { IconCloudUpload, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, listFileStoresOptions } from '../../api'
import { confirm } from '../../parts/confirm'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { stores as t } from '../../text/documents'
import { StoreForm } from './StoreForm'
import type { Kept } from './store'

/** The places to which workflows send documents. */
export function Page() {
  const found = useQuery(listFileStoresOptions())
  const [open, setOpen] = useState<Kept | 'new' | null>(null)
  const items = found.data?.items as unknown as Kept[] | undefined
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen('new')}>
      {t.add}
    </Button>
  )
  return (
    <>
      <PageHeader title={t.title} about={t.about}>
        {items && items.length > 0 && add}
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!found.data && !found.error && <Skeleton height={200} />}
      {items?.length === 0 && (
        <Empty icon={IconCloudUpload} title={t.none} about={t.noneAbout}>
          {add}
        </Empty>
      )}
      <Stack gap="sm">
        {items?.map((store) => (
          <StoreCard key={store.key} store={store} onEdit={() => setOpen(store)} />
        ))}
      </Stack>
      {open && (
        <Modal opened onClose={() => setOpen(null)} title={open === 'new' ? t.add : open.name} size="lg">
          <StoreForm
            kept={open === 'new' ? null : open}
            taken={(items ?? []).map((store) => store.key)}
            folderAllowed={found.data?.folder_allowed ?? false}
            onClose={() => setOpen(null)}
          />
        </Modal>
      )}
    </>
  )
}

function StoreCard({ store, onEdit }: { store: Kept; onEdit: () => void }) {
  const cache = useQueryClient()
  const path = { key: store.key }
  const test = useMutation({
    mutationFn: async () => (await api.testFileStore({ path, throwOnError: true })).data,
    onError: (error) => sayProblem(error, t.notTested),
  })
  const remove = useMutation({
    mutationFn: () => api.deleteFileStore({ path, throwOnError: true }),
    onSuccess: () => {
      sayDone(t.removed(store.name))
      for (const _id of ['listFileStores', 'listFileStoreChoices'])
        cache.invalidateQueries({ queryKey: [{ _id }] })
    },
    onError: (error) => sayProblem(error, t.notRemoved),
  })
  const ask = async () => {
    const question = { title: t.removeTitle(store.name), about: t.removeAbout, yes: t.remove, danger: true }
    if (await confirm(question)) remove.mutate()
  }
  return (
    <Paper className="surface" p="md" component="section" aria-label={store.name} data-testid="file-store">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div style={{ minWidth: 0, flex: 1 }}>
          <Group gap="xs">
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              {store.name}
            </Text>
            <Badge color="gray" variant="light" tt="none">
              {t.kinds[store.kind]}
            </Badge>
          </Group>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {whereOf(store)}
          </Text>
        </div>
        <Group gap="xs">
          <Button size="xs" variant="default" loading={test.isPending} onClick={() => test.mutate()}>
            {t.test}
          </Button>
          <Button size="xs" variant="default" onClick={onEdit}>
            {t.edit}
          </Button>
          <Button size="xs" variant="default" loading={remove.isPending} onClick={ask}>
            {t.remove}
          </Button>
        </Group>
      </Group>
      {test.data && (
        <Alert mt="sm" py={6} color={test.data.ok ? 'teal' : 'red'} role="status">
          {test.data.message}
        </Alert>
      )}
    </Paper>
  )
}

function whereOf({ kind, server, port, endpoint, bucket, url, folder }: Kept): string {
  const place = { sftp: `${server}:${port}`, s3: `${endpoint} · ${bucket}`, http: url ?? '', folder: '' }[
    kind
  ]
  return [place, folder].filter(Boolean).join(' · ')
}
