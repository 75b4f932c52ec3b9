import { ApiProblem, api, type ModuleOut } from '../../api'
import { records as t } from '../../text/records'
import type { Values } from '../model'
import type { Selection } from './useSelection'

const MOST = 10_000
const AT_ONCE = 500

/** The ids of the selected records; of all that match, page after page. More than 10,000 are refused. */
export async function idsOf(
  module: ModuleOut,
  selection: Selection,
  where: Values | null,
): Promise<string[]> {
  if (!selection.all) return [...selection.ids]
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const found: { items: { id: string }[]; next_cursor: string | null } = (
      await api.listRecords({
        path: { module: module.key },
        query: {
          limit: AT_ONCE,
          fields: module.fields[0]?.key ?? '',
          ...(where ? { where: JSON.stringify(where) } : {}),
          ...(cursor ? { cursor } : {}),
        },
        throwOnError: true,
      })
    ).data
    ids.push(...found.items.map((record) => record.id))
    cursor = found.next_cursor
    if (ids.length > MOST || (ids.length === MOST && cursor))
      throw new ApiProblem(422, { code: 'too_many', title: t.notStarted, detail: t.tooMany(MOST) })
  } while (cursor)
  return ids
}
