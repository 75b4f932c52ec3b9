import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { getRecordOptions, getUserOptions } from '../../api'
import { pathOf, titleOf, useModule } from '../model'

interface Props {
  module: string
  id: string
  link?: boolean
}

/** The name of a person: known to everybody who is signed in, whatever else they may read. */
export function useUserName(id: string | null): string | undefined {
  const user = useQuery({
    ...getUserOptions({ path: { user_id: Number(id) } }),
    enabled: id !== null && /^\d+$/.test(id),
    staleTime: 300_000,
    retry: false,
  })
  return user.data?.name
}

/** What names a record, asked for by its id; the id itself where one may not know more. */
export function RecordTitle({ module, id, link = false }: Props) {
  const people = module === 'users'
  const target = useModule(module)
  const name = useUserName(people ? id : null)
  const record = useQuery({
    ...getRecordOptions({ path: { module, record_id: id } }),
    enabled: !people && Boolean(target),
    staleTime: 60_000,
    retry: false,
  })
  const title = people ? name : record.data && target ? titleOf(target, record.data) : undefined
  const shown = title ?? `#${id}`
  if (!link || people || !record.data)
    return (
      <Text span inherit dir="auto">
        {shown}
      </Text>
    )
  return (
    <Anchor component={Link} to={pathOf(module, id)} inherit dir="auto">
      {shown}
    </Anchor>
  )
}
