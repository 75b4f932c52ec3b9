import { Badge, Button, Checkbox, Group, List, Paper, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { FileFault, SentFile } from '../../api'
import { files as t } from '../../text/files'
import { Lines } from './Lines'
import { type Action, changes } from './plan'
import { Words } from './Words'

export const COLORS: Record<Action, string> = {
  create: 'green',
  change: 'blue',
  same: 'gray',
  remove: 'red',
  refused: 'orange',
}

interface Props {
  file: SentFile
  included: boolean
  /** It is not as it was when it was looked at before. */
  marked: boolean
  onInclude: (wanted: boolean) => void
}

/** One file: what it is, what would become of it, in words first, and the lines on demand. */
export function FileCard({ file, included, marked, onInclude }: Props) {
  const [open, setOpen] = useState(false)
  const name = file.name || file.key || file.file
  const busy = changes(file)
  return (
    <Paper className="surface" p="md" component="li" data-testid={`file-${file.file}`}>
      <Group align="flex-start" wrap="nowrap" gap="sm">
        <Checkbox
          mt={2}
          checked={busy && included}
          disabled={!busy}
          onChange={(event) => onInclude(event.currentTarget.checked)}
          aria-label={t.include(name)}
        />
        <Stack gap={4} flex={1} miw={0}>
          <Group gap="xs" justify="space-between" wrap="nowrap" align="flex-start">
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Text>
            <Group gap={6} wrap="nowrap">
              {marked && <Badge color="orange">{t.staleMark}</Badge>}
              {file.kind && (
                <Badge variant="light" color="gray">
                  {t.kinds[file.kind] ?? file.kind}
                </Badge>
              )}
              <Badge color={COLORS[file.action]}>{t.actions[file.action]}</Badge>
            </Group>
          </Group>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {file.file}
            {file.source && file.source !== file.file && ` · ${t.from(file.source)}`}
          </Text>
          {file.problems.map((fault) => (
            <Fault key={`${fault.path} ${fault.message}`} fault={fault} />
          ))}
          {file.does.length > 0 && (
            <List size="sm" spacing={2}>
              {file.does.map((line, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: steps in their order, which may say the same
                <List.Item key={place} style={{ overflowWrap: 'anywhere' }}>
                  {line}
                </List.Item>
              ))}
            </List>
          )}
          <Words words={file.words} />
          {file.diff.length > 0 && (
            <div>
              <Button
                variant="subtle"
                size="compact-xs"
                aria-expanded={open}
                onClick={() => setOpen(!open)}
                ml={-8}
              >
                {open ? t.hideLines : t.lines}
              </Button>
            </div>
          )}
          {open && <Lines file={file} />}
          {(file.action === 'create' || file.action === 'change') && file.diff.length === 0 && (
            <Text size="xs" c="dimmed">
              {t.tooLong}
            </Text>
          )}
        </Stack>
      </Group>
    </Paper>
  )
}

function Fault({ fault }: { fault: FileFault }) {
  return (
    <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
      {fault.line !== null && !fault.message.includes(t.line(fault.line)) && (
        <Text span fw={600}>
          {t.line(fault.line)}:{' '}
        </Text>
      )}
      {fault.message} {fault.suggestion}
    </Text>
  )
}
