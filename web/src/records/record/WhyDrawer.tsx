import { Drawer, Text } from '@mantine/core'
import type { ModuleOut, RecordOut } from '../../api'
import { records as t } from '../../text/records'

interface Props {
  module: ModuleOut
  record: RecordOut
  opened: boolean
  onClose: () => void
}

/** Which workflows watch this record, and why each would or would not run. */
export function WhyDrawer({ opened, onClose }: Props) {
  return (
    <Drawer opened={opened} onClose={onClose} title={t.why} position="right" size="lg">
      <Text size="sm">{t.whyAbout}</Text>
    </Drawer>
  )
}
