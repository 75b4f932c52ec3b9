import { Button, Group, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Cells, PlannedRow } from '../../api'
import { planning as t } from '../../text/planning'
import { withCell } from './rows'

const SHORT = ['what', 'category', 'update', 'when', 'who', 'attachments'] as const

interface Props {
  row: PlannedRow
  busy: boolean
  onCheck: (cells: Cells) => void
}

/** The cells of a row, to be corrected here instead of in the file. */
export function CellsForm({ row, busy, onCheck }: Props) {
  const [cells, setCells] = useState(row.cells)
  const faultOf = (column: string) => row.faults.find((fault) => fault.column === column)?.message
  const set = (column: string, text: string) => setCells((now) => withCell(now, column, text))
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onCheck(cells)
      }}
    >
      <Stack gap="xs" mt="sm">
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" verticalSpacing="xs">
          {SHORT.map((column) => (
            <TextInput
              key={column}
              label={t.columns[column]}
              placeholder={t.hints[column]}
              value={cells[column] ?? ''}
              error={faultOf(column)}
              onChange={(event) => set(column, event.currentTarget.value)}
            />
          ))}
        </SimpleGrid>
        <Textarea
          label={t.columns.content}
          placeholder={t.hints.content}
          autosize
          minRows={3}
          maxRows={12}
          value={cells.content ?? ''}
          error={faultOf('content')}
          onChange={(event) => set('content', event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" variant="default" size="xs" loading={busy}>
            {t.check}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
