import { IconFlask } from '@tabler/icons-react'
import type { PanelProps } from '../../editor/panels/slots'
import { Empty } from '../../parts/Empty'
import { editor as t } from '../../text/editor'

/** In place of the canvas: try the draft on records without doing anything. Not written yet. */
export function TestPanel(_props: PanelProps) {
  return <Empty icon={IconFlask} title={t.test} about={t.testAbout} />
}
