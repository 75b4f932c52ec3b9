import { Paper, Tabs } from '@mantine/core'
import { IconFiles, IconHistory, IconLink, IconSitemap } from '@tabler/icons-react'
import { useSearchParams } from 'react-router'
import type { ModuleOut, RecordOut } from '../../api'
import { records as t } from '../../text/records'
import { Documents } from './Documents'
import { RelatedLists } from './RelatedLists'
import { Runs } from './Runs'
import { Timeline } from './Timeline'

const TABS = [
  { key: 'timeline', label: t.timeline, icon: IconHistory, Content: Timeline },
  { key: 'runs', label: t.runs, icon: IconSitemap, Content: Runs },
  { key: 'documents', label: t.documents, icon: IconFiles, Content: Documents },
  { key: 'related', label: t.related, icon: IconLink, Content: RelatedLists },
] as const

export interface PartProps {
  module: ModuleOut
  record: RecordOut
}

/** What happened to a record and what belongs to it; the open tab is in the address. */
export function SidePanel({ module, record }: PartProps) {
  const [params, setParams] = useSearchParams()
  const asked = params.get('tab')
  const open = TABS.find((tab) => tab.key === asked)?.key ?? 'timeline'
  const change = (key: string | null) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before)
        next.set('tab', key ?? 'timeline')
        return next
      },
      { replace: true },
    )
  return (
    <Paper className="surface" data-testid="side-panel">
      <Tabs value={open} onChange={change} keepMounted={false}>
        <Tabs.List>
          {TABS.map(({ key, label, icon: Sign }) => (
            <Tabs.Tab key={key} value={key} px={8} leftSection={<Sign size={15} aria-hidden />}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {TABS.map(({ key, Content }) => (
          <Tabs.Panel key={key} value={key} p="sm">
            <Content module={module} record={record} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Paper>
  )
}
