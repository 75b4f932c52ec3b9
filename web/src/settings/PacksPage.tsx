import { SimpleGrid, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { listPacksOptions } from '../api'
import { PageHeader } from '../parts/PageHeader'
import { Problem } from '../parts/Problem'
import { settings } from '../text/settings'
import { PackCard } from './packs/PackCard'
import { PackFile } from './packs/PackFile'

const words = settings.packs

/** Ready-made offices: to load, to bring up to date, to take away. */
export function Page() {
  const found = useQuery(listPacksOptions())
  return (
    <>
      <PageHeader title={words.title} about={words.about} />
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={180} />}
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        {found.data?.items.map((pack) => (
          <PackCard key={pack.key} pack={pack} />
        ))}
      </SimpleGrid>
      {found.data && <PackFile />}
    </>
  )
}
