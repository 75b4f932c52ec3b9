import { Button, Drawer, Group, Skeleton, Stack } from '@mantine/core'
import { Suspense, useState } from 'react'
import type { ModuleOut } from '../../api'
import { lazy } from '../../app/lazy'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'
import type { Values } from '../model'

const ConditionEditor = lazy(() =>
  import('../../conditions').then((found) => ({ default: found.ConditionEditor })),
)

interface Props {
  module: ModuleOut
  value: Values | null
  onChange: (value: Values | null) => void
  onClose: () => void
}

/** Builds the filter of a list; the server says how many meet it. */
export function FilterDrawer({ module, value, onChange, onClose }: Props) {
  const [draft, setDraft] = useState<Values | null>(value)
  return (
    <Drawer opened onClose={onClose} title={t.filterTitle(module.label_plural)} position="right" size="xl">
      <Stack>
        <Suspense fallback={<Skeleton h={140} />}>
          <ConditionEditor module={module.key} value={draft} onChange={setDraft} compact showMatches />
        </Suspense>
        <Group justify="flex-end">
          <Button variant="subtle" color="gray" mr="auto" onClick={() => onChange(null)} disabled={!draft}>
            {t.filterClear}
          </Button>
          <Button variant="default" onClick={onClose}>
            {shared.common.cancel}
          </Button>
          <Button onClick={() => onChange(draft)}>{t.filterApply}</Button>
        </Group>
      </Stack>
    </Drawer>
  )
}
