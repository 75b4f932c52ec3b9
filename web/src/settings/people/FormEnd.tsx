import { Button, Group } from '@mantine/core'
import { confirm } from '../../parts/confirm'
import { t } from '../../text'

/** Something else that one can do with a thing; with `ask`, only after a question. */
export interface Other {
  label: string
  color?: string
  ask?: { title: string; about: string }
  run: () => void
}

/** The buttons of a form: what takes the thing away on the left, Save on the right. */
export function FormEnd({ saving, other }: { saving: boolean; other: Other | null }) {
  const press = async ({ label, ask, run }: Other) => {
    if (!ask || (await confirm({ ...ask, yes: label, danger: true }))) run()
  }
  return (
    <Group justify="space-between" mt="xs">
      {other ? (
        <Button variant="subtle" color={other.color} onClick={() => press(other)}>
          {other.label}
        </Button>
      ) : (
        <span />
      )}
      <Button type="submit" loading={saving}>
        {t.common.save}
      </Button>
    </Group>
  )
}
