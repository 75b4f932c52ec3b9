import { Checkbox, Input, ScrollArea, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { type Candidate, getPlaybookOptions, listPlaybookCandidatesOptions } from '../../api'
import { Problem } from '../../parts/Problem'
import { tracks as t } from '../../text/tracks'

interface Props {
  playbook: string
  /** What the records are called. */
  label: string
  /** Those of this account are to choose from. */
  account: string | null
  /** Or these have been chosen already. */
  given: string[] | null
  onChosen: (records: string[] | null) => void
}

const MOST_ASKED = 200
const MOST = 500

/** Which records it is started on; those that have a playbook already, and those that do not fit, are said. */
export function Chooser({ playbook, label, account, given, onChosen }: Props) {
  const many = given !== null && given.length > MOST_ASKED
  const query = account !== null ? { account } : { record: given ?? [] }
  const found = useQuery({
    ...listPlaybookCandidatesOptions({ path: { key: playbook }, query }),
    enabled: !many,
    staleTime: 0,
  })
  const definition = useQuery(getPlaybookOptions({ path: { key: playbook } })).data?.definition
  const queues = definition?.second === 'queue'
  const items = found.data?.items
  useEffect(() => {
    if (many) onChosen(given)
    else if (given && items) onChosen(items.filter((one) => queues || !one.playbook).map(idOf))
  }, [many, given, items, queues, onChosen])
  if (many) return <Text size="sm">{t.before.many(given.length)}</Text>
  if (found.error) return <Problem error={found.error} onRetry={() => found.refetch()} title={t.notStarted} />
  if (!items) return <Skeleton h={80} />
  if (given) return <Before items={items} asked={given.length} queues={queues} />
  return <Choose items={items} label={label} queues={queues} onChosen={onChosen} />
}

const idOf = (one: Candidate) => one.record_id ?? ''

/** What becomes of the chosen records, before it is started. */
function Before({ items, asked, queues }: { items: Candidate[]; asked: number; queues: boolean }) {
  const busy = items.filter((one) => one.playbook)
  const unfit = asked - items.length
  const free = items.length - busy.length
  return (
    <Stack gap={2} role="status" data-testid="before-start">
      {free > 0 && <Text size="sm">{t.before.free(free)}</Text>}
      {busy.length > 0 && (
        <Text size="sm">{queues ? t.before.wait(busy.length) : t.before.refused(busy.length)}</Text>
      )}
      {unfit > 0 && <Text size="sm">{t.before.unfit(unfit)}</Text>}
      {free === 0 && (busy.length === 0 || !queues) && <Text size="sm">{t.nothingFits}</Text>}
    </Stack>
  )
}

interface ChooseProps {
  items: Candidate[]
  label: string
  queues: boolean
  onChosen: (records: string[]) => void
}

function Choose({ items, label, queues, onChosen }: ChooseProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const free = useMemo(() => items.filter((one) => queues || !one.playbook).map(idOf), [items, queues])
  const set = (next: ReadonlySet<string>) => {
    setChosen(next)
    onChosen([...next])
  }
  const turn = (id: string) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    set(next)
  }
  if (items.length === 0) return <Text size="sm">{t.noneOfAccount}</Text>
  return (
    <Input.Wrapper label={t.on(label)} labelElement="div" withAsterisk>
      <Stack gap={6} mt={4} role="group" aria-label={t.on(label)}>
        <Checkbox
          label={t.all}
          disabled={free.length === 0}
          checked={free.length > 0 && chosen.size === free.length}
          indeterminate={chosen.size > 0 && chosen.size < free.length}
          onChange={() => set(chosen.size === free.length ? new Set() : new Set(free))}
        />
        <ScrollArea.Autosize mah={240} type="auto">
          <Stack gap={6} pl="sm">
            {items.map((one) => (
              <Checkbox
                key={idOf(one)}
                label={one.record_title ?? idOf(one)}
                description={one.playbook ? t.has(one.playbook, queues) : undefined}
                disabled={!queues && one.playbook !== null}
                checked={chosen.has(idOf(one))}
                onChange={() => turn(idOf(one))}
              />
            ))}
          </Stack>
        </ScrollArea.Autosize>
        {items.length >= MOST && (
          <Text size="xs" c="dimmed">
            {t.first500}
          </Text>
        )}
      </Stack>
    </Input.Wrapper>
  )
}
