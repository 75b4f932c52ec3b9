import { Alert, Button, Checkbox, Group, Select, Stack, Text } from '@mantine/core'
import { IconTableOff } from '@tabler/icons-react'
import { Empty } from '../../parts/Empty'
import { planning as t } from '../../text/planning'
import { RowCard } from './RowCard'
import { readyRows, suggestions } from './rows'
import type { Planning } from './usePlanning'

/** The second step: each row with the workflow that it makes, or with what is not understood. */
export function Preview({ planning }: { planning: Planning }) {
  const { rows, left, found, file } = planning
  const understood = rows.filter((row) => row.workflow)
  const chosen = readyRows(rows, left)
  const offered = suggestions(rows)
  const busy = planning.check.isPending || planning.make.isPending
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Group gap="sm">
          <Checkbox
            label={t.understood(understood.length, rows.length)}
            aria-label={t.chooseAll}
            disabled={understood.length === 0}
            checked={understood.length > 0 && chosen.length === understood.length}
            indeterminate={chosen.length > 0 && chosen.length < understood.length}
            onChange={(event) =>
              planning.leaveOut(
                understood.map((row) => row.row),
                !event.currentTarget.checked,
              )
            }
          />
          {(found?.sheets.length ?? 0) > 1 && file && (
            <Select
              aria-label={t.sheet}
              size="xs"
              w={180}
              data={found?.sheets ?? []}
              value={found?.sheet ?? null}
              allowDeselect={false}
              onChange={(sheet) => sheet && planning.read.mutate({ file, sheet })}
            />
          )}
        </Group>
        <Group gap="xs">
          <Button variant="subtle" onClick={planning.again} disabled={busy}>
            {t.another}
          </Button>
          {offered > 0 && (
            <Button variant="default" loading={planning.check.isPending} onClick={planning.takeAll}>
              {t.takeAll(offered)}
            </Button>
          )}
          <Button
            loading={planning.make.isPending}
            disabled={chosen.length === 0 || busy}
            onClick={() => planning.make.mutate()}
          >
            {t.make(chosen.length)}
          </Button>
        </Group>
      </Group>
      {found && found.unknown.length > 0 && (
        <Alert color="gray" variant="light">
          <Text size="sm">{t.unknown(found.unknown)}</Text>
        </Alert>
      )}
      {rows.length === 0 && <Empty icon={IconTableOff} title={t.none} about={t.noneAbout} />}
      <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t.table}>
        {rows.map((row) => (
          <RowCard
            key={row.row}
            row={row}
            chosen={!left.has(row.row)}
            busy={busy}
            onChoose={(wanted) => planning.leaveOut([row.row], !wanted)}
            onCheck={(again) => planning.check.mutate([again])}
          />
        ))}
      </Stack>
    </Stack>
  )
}
