import { List, Stack, Text } from '@mantine/core'
import type { RerunPreview, WholeRun } from '../../api'
import { again as t } from '../../text/again'

const MOST = 12 // names of one list

interface Props {
  run: WholeRun
  preview: RerunPreview
  titles: ReadonlyMap<string, string>
}

/** Which blocks a new run would execute, on which version and record, and what it begins with. */
export function WhatFollows({ run, preview, titles }: Props) {
  const named = (nodes: readonly { node: string }[]) => nodes.map(({ node }) => titles.get(node) ?? node)
  const [first, ...others] = preview.blocks
  const done = others.filter((block) => block.executed)
  const may = others.filter((block) => !block.executed)
  const record = run.record_title ?? run.record_id
  const kept = named(preview.carried.map((node) => ({ node })))
  return (
    <Stack gap="sm" data-testid="what-follows">
      <Blocks title={first?.executed ? t.done : t.begins} names={named(first ? [first, ...done] : done)} />
      {may.length > 0 && <Blocks title={t.may} names={named(may)} />}
      <Text size="sm">
        {versionOf(preview)} {record ? t.record(record) : ''} {kept.length > 0 && t.kept(kept)}
      </Text>
    </Stack>
  )
}

function Blocks({ title, names }: { title: string; names: string[] }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <List size="sm" spacing={2}>
        {names.slice(0, MOST).map((name, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two blocks may have the same name, and none moves
          <List.Item key={index} dir="auto" style={{ overflowWrap: 'anywhere' }}>
            {name}
          </List.Item>
        ))}
        {names.length > MOST && <List.Item c="dimmed">{t.others(names.length - MOST)}</List.Item>}
      </List>
    </div>
  )
}

function versionOf({ version, active_version }: RerunPreview): string {
  if (version === null) return ''
  if (active_version === null) return t.onlyVersion(version)
  return version === active_version ? t.version(version) : t.oldVersion(version, active_version)
}
