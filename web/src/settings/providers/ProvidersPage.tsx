import { Button, Skeleton } from '@mantine/core'
import { IconMessage, IconMessages, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listProvidersOptions, type ProviderOut } from '../../api'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { providers } from '../../text/providers'
import { ProviderForm } from './ProviderForm'
import { ProviderList } from './ProviderList'
import { ProviderTest } from './ProviderTest'

type Kind = ProviderOut['kind']
const ICONS = { text: IconMessage, chat: IconMessages }

/** The providers of one kind of message: those that are set, a new one, and a test of each. */
export function ProvidersPage({ kind }: { kind: Kind }) {
  const words = providers[kind]
  const found = useQuery({ ...listProvidersOptions(), staleTime: 0 })
  const [editing, setEditing] = useState<ProviderOut | 'new' | null>(null)
  const items = found.data?.items.filter((item) => item.kind === kind)
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setEditing('new')}>
      {words.add}
    </Button>
  )
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        {items && items.length > 0 && add}
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!items && !found.error && <Skeleton height={220} />}
      {items?.length === 0 && (
        <Empty icon={ICONS[kind]} title={words.none} about={words.noneAbout}>
          {add}
        </Empty>
      )}
      {items && items.length > 0 && (
        <>
          <ProviderList items={items} words={words} onEdit={setEditing} />
          <ProviderTest items={items} words={words} kind={kind} />
        </>
      )}
      {editing && found.data && (
        <ProviderForm
          now={editing === 'new' ? null : editing}
          services={found.data.services.filter((service) => service.kind === kind)}
          taken={found.data.items.map((item) => item.key)}
          words={words}
          onClose={() => setEditing(null)}
        />
      )}
    </>
  )
}
