import { Anchor, Button, Center, Skeleton, Table, Text } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { t } from '../text'
import { Empty } from './Empty'
import { PageHeader } from './PageHeader'
import { Problem } from './Problem'

/** What is asked for page by page, as `useInfiniteQuery` has it. */
interface Found<Line> {
  data?: { pages: readonly { items: readonly Line[] }[] } | undefined
  error: unknown
  refetch: () => unknown
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}

interface Props<Line> {
  found: Found<Line>
  words: { title: string; about: string; empty: string; emptyAbout: string; emptyReader?: string }
  icon: Icon
  /** The pages that stand beside it. */
  tabs: ReactNode
  /** The button that makes a new one; none for those who may not. */
  create: ReactNode
  children: (items: readonly Line[]) => ReactNode
}

/** A page that lists what people make: all of it, page by page, or what to do while there is none. */
export function Listing<Line>({ found, words, icon, tabs, create, children }: Props<Line>) {
  const items = found.data?.pages.flatMap((page) => page.items)
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        {items && items.length > 0 && create}
      </PageHeader>
      {tabs}
      {Boolean(found.error) && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {!items && !found.error && <Skeleton h={240} role="status" aria-label={t.common.loading} />}
      {items?.length === 0 && (
        <Empty
          icon={icon}
          title={words.empty}
          about={create ? words.emptyAbout : (words.emptyReader ?? words.emptyAbout)}
        >
          {create}
        </Empty>
      )}
      {items && items.length > 0 && children(items)}
      {found.hasNextPage && (
        <Center mt="sm">
          <Button variant="default" loading={found.isFetchingNextPage} onClick={() => found.fetchNextPage()}>
            {t.common.more}
          </Button>
        </Center>
      )}
    </>
  )
}

/** The first cell of a row: what it is called, which leads to it, and what it is for. */
export function NameCell({ to, name, about }: { to: string; name: string; about: string }) {
  return (
    <Table.Td>
      <Anchor component={Link} to={to} size="sm" fw={500} dir="auto">
        {name}
      </Anchor>
      {about && (
        <Text size="xs" c="dimmed" lineClamp={2} dir="auto">
          {about}
        </Text>
      )}
    </Table.Td>
  )
}
