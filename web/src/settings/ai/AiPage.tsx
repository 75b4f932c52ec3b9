import { Button, Modal, Skeleton } from '@mantine/core'
import { IconSparkles } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type AiProviderOut, listAiProvidersOptions } from '../../api'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { ai as words } from '../../text/ai'
import { ProviderCard } from './ProviderCard'
import { ProviderForm } from './ProviderForm'

/** The AI providers: which there are, whether they answer, and a form for each. */
export function Page() {
  const found = useQuery({ ...listAiProvidersOptions(), staleTime: 0 })
  const [open, setOpen] = useState<AiProviderOut | 'new' | null>(null)
  const providers = found.data?.items ?? []
  const add = <Button onClick={() => setOpen('new')}>{words.add}</Button>
  const title = open === null || open === 'new' ? words.add : words.editTitle(open.name)
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        {providers.length > 0 && add}
      </PageHeader>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={160} />}
      {found.data && providers.length === 0 && (
        <Empty icon={IconSparkles} title={words.none} about={words.noneAbout}>
          {add}
        </Empty>
      )}
      {providers.map((one, at) => (
        <ProviderCard key={one.key} provider={one} first={at === 0} onEdit={() => setOpen(one)} />
      ))}
      <Modal opened={open !== null} onClose={() => setOpen(null)} title={title} size="lg">
        {open && (
          <ProviderForm
            provider={open === 'new' ? null : open}
            taken={providers.map((one) => one.key)}
            onDone={() => setOpen(null)}
          />
        )}
      </Modal>
    </>
  )
}
