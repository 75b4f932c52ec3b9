import { Button, Group, Select, SimpleGrid, Skeleton, Text, TextInput } from '@mantine/core'
import { IconSearch, IconSearchOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { listGalleryOptions } from '../../api'
import { BackLink } from '../../parts/BackLink'
import { Empty } from '../../parts/Empty'
import { PageHeader } from '../../parts/PageHeader'
import { Problem } from '../../parts/Problem'
import { useLive } from '../../parts/useLive'
import { gallery as t, wizard } from '../../text/wizard'
import { workflows } from '../../text/workflows'
import { GalleryCard } from './GalleryCard'
import { Look } from './Look'
import { fitting, packsOf } from './looking'

/** Ready-made workflows: searched, looked at in words, and taken as drafts. */
export function Page() {
  const [params, setParams] = useSearchParams()
  const [search, setSearch] = useState(params.get('search') ?? '')
  const [looking, setLooking] = useState<string | null>(null)
  useLive(['revision', 'workflow'], ['listGallery'])
  const found = useQuery(listGalleryOptions())
  const items = found.data?.items ?? []
  const wanted = { search, pack: params.get('pack'), category: params.get('category') }
  const shown = fitting(items, wanted)
  const set = (name: string, value: string | null) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now)
        if (value) next.set(name, value)
        else next.delete(name)
        return next
      },
      { replace: true },
    )
  const clear = () => {
    setSearch('')
    setParams({}, { replace: true })
  }
  const looked = items.find((one) => `${one.pack}/${one.key}` === looking)
  return (
    <>
      <BackLink to="/workflows">{wizard.toWorkflows}</BackLink>
      <PageHeader title={t.title} about={t.about} />
      <Group gap="xs" mb="md" role="search">
        <TextInput
          aria-label={t.search}
          placeholder={t.search}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          flex="1 1 240px"
          maw={420}
        />
        <Select
          aria-label={t.pack}
          placeholder={t.anyPack}
          clearable
          data={packsOf(items)}
          value={wanted.pack}
          onChange={(value) => set('pack', value)}
          w={210}
        />
        <Select
          aria-label={t.category}
          placeholder={t.anyCategory}
          clearable
          data={Object.entries(workflows.categories).map(([value, label]) => ({ value, label }))}
          value={wanted.category}
          onChange={(value) => set('category', value)}
          w={170}
        />
        {found.data && (
          <Text size="xs" c="dimmed" aria-live="polite">
            {t.shown(shown.length)}
          </Text>
        )}
      </Group>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton h={320} />}
      {found.data && shown.length === 0 && (
        <Empty icon={IconSearchOff} title={t.none} about={t.noneAbout}>
          <Button variant="default" onClick={clear}>
            {t.clear}
          </Button>
        </Empty>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }} spacing="sm" data-testid="gallery">
        {shown.map((item) => (
          <GalleryCard
            key={`${item.pack}/${item.key}`}
            item={item}
            onLook={() => setLooking(`${item.pack}/${item.key}`)}
          />
        ))}
      </SimpleGrid>
      {looked && <Look item={looked} onClose={() => setLooking(null)} />}
    </>
  )
}
