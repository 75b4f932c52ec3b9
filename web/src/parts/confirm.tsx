import { Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import type { ReactNode } from 'react'
import { t } from '../text'

interface Question {
  title: string
  /** What follows, and whether it can be undone. */
  about: ReactNode
  /** The verb on the button: "Delete", not "OK". */
  yes: string
  /** What the other button says, where "Cancel" could be taken for the deed itself. */
  no?: string
  danger?: boolean
}

/** Ask before something that is hard to undo. Resolves to whether the person said yes. */
export function confirm({ title, about, yes, no, danger = false }: Question): Promise<boolean> {
  return new Promise((resolve) => {
    modals.openConfirmModal({
      title,
      children: (
        <Text size="sm" component="div">
          {about}
        </Text>
      ),
      labels: { confirm: yes, cancel: no ?? t.common.cancel },
      confirmProps: { color: danger ? 'red' : undefined, 'data-autofocus': !danger },
      onConfirm: () => resolve(true),
      onCancel: () => resolve(false),
      onClose: () => resolve(false),
    })
  })
}
