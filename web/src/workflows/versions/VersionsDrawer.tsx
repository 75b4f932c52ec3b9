import { Badge, Button, Drawer, Group, Skeleton, Text } from '@mantine/core'
import { IconHistory } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listVersionsOptions, type Version } from '../../api'
import { guessedExits, type Known } from '../../editor/catalogue'
import { readDocument } from '../../editor/document'
import { withPlaces } from '../../editor/layout'
import { useOpenWorkflow } from '../../editor/page'
import type { PanelProps } from '../../editor/panels/slots'
import { useEditor, useEditorState } from '../../editor/store'
import { confirm } from '../../parts/confirm'
import { Empty } from '../../parts/Empty'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import { When } from '../../parts/When'
import { versions as t } from '../../text/trust'
import { Comparison } from './Comparison'
import { OpenRuns } from './OpenRuns'
import { usePublishers } from './usePublishers'
import classes from './versions.module.css'

/** Every version that was published, any two compared, and the way back to one. */
export function VersionsDrawer({ onClose }: PanelProps) {
  const editor = useEditor()
  const { workflow, save } = useOpenWorkflow()
  const path = { key: workflow.key }
  const found = useQuery(listVersionsOptions({ path }))
  const items = found.data?.items ?? []
  const restore = async ({ number, document }: Version) => {
    const question = { title: t.restoreTitle(number), about: t.restoreAbout, yes: t.restore }
    if (!(await confirm(question))) return
    editor.draw(() => drawn(document, editor.state.known), { select: [] })
    onClose()
    if (await save()) sayDone(t.restored(number))
  }
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      title={t.title}
      size={items.length > 0 ? 'min(1180px, 96vw)' : 'md'}
    >
      {found.isPending && <Skeleton h={160} />}
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.data && items.length === 0 && <Empty icon={IconHistory} title={t.none} about={t.noneAbout} />}
      {items.length > 0 && <Compared key={items[0]?.number} items={items} onRestore={restore} />}
    </Drawer>
  )
}

/** A version as the editor holds it; putting it in the draft's place is one step, which can be undone. */
function drawn(raw: unknown, known: Known) {
  const document = readDocument(raw)
  return withPlaces(document, (node) => guessedExits(known, document, node))
}

interface ComparedProps {
  items: Version[]
  onRestore: (version: Version) => void
}

/** The list at the left, the comparison of two of them beside it. */
function Compared({ items, onRestore }: ComparedProps) {
  const { workflow } = useOpenWorkflow()
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const first = items.find((version) => version.active) ?? items[0]
  const [from, setFrom] = useState(String(first?.number ?? 1))
  const [to, setTo] = useState('draft')
  const names = usePublishers(items)
  return (
    <div className={classes.drawer} data-testid="versions">
      <ul className={classes.versions}>
        {items.map((version) => (
          <li
            key={version.id}
            className={classes.version}
            data-shown={[from, to].includes(String(version.number)) || undefined}
          >
            <Group gap={6}>
              <Text fw={600} size="sm">
                {t.version(version.number)}
              </Text>
              {version.active && <Badge color="green">{t.active}</Badge>}
            </Group>
            <Text size="xs" c="dimmed">
              <When at={version.published_at} />{' '}
              {version.published_by !== null &&
                t.by(names.get(version.published_by) ?? `#${version.published_by}`)}
            </Text>
            {version.note && (
              <Text size="sm" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }} dir="auto">
                {version.note}
              </Text>
            )}
            {[from, to].includes(String(version.number)) && (
              <OpenRuns workflow={workflow.key} version={version.number} />
            )}
            <Group gap={6} mt={6}>
              <Button
                size="compact-xs"
                variant="default"
                aria-label={t.compareWithDraft(version.number)}
                onClick={() => {
                  setFrom(String(version.number))
                  setTo('draft')
                }}
              >
                {t.compare}
              </Button>
              {!readOnly && (
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={t.restoreNumber(version.number)}
                  onClick={() => onRestore(version)}
                >
                  {t.restore}
                </Button>
              )}
            </Group>
          </li>
        ))}
      </ul>
      <Comparison items={items} from={from} to={to} onFrom={setFrom} onTo={setTo} />
    </div>
  )
}
