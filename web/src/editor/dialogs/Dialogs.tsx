import { useState } from 'react'
import { useOpenWorkflow } from '../page'
import { AddBlock } from '../palette/AddBlock'
import { kept as keptOf } from '../saving/kept'
import { useDrawer } from '../saving/useSaver'
import { useEditorState } from '../store'
import { ConflictDialog } from './ConflictDialog'
import { ConnectDialog } from './ConnectDialog'
import { HelpDialog } from './HelpDialog'
import { KeptDialog } from './KeptDialog'
import { Leaving } from './Leaving'

/** Everything that may lie over the editor. */
export function Dialogs() {
  const { workflow, saver } = useOpenWorkflow()
  const asking = useEditorState((state) => state.asking)
  const drawer = useDrawer(workflow.key)
  const [kept, setKept] = useState(() => {
    const copy = workflow.state === 'archived' ? null : keptOf(drawer)
    return copy && saver.differsFrom(copy.draft) ? copy : null
  })
  return (
    <>
      {asking?.kind === 'add' && <AddBlock asking={asking} />}
      {asking?.kind === 'connect' && <ConnectDialog from={asking.from} />}
      {asking?.kind === 'help' && <HelpDialog />}
      <ConflictDialog />
      {kept && <KeptDialog kept={kept} onDone={() => setKept(null)} />}
      <Leaving />
    </>
  )
}
