import { Button } from '@mantine/core'
import { IconChecklist } from '@tabler/icons-react'
import { useState } from 'react'
import type { ModuleOut } from '../../api'
import { sayProblem } from '../../parts/saying'
import { tracks as t } from '../../text/tracks'
import { useFitting } from '../useFitting'
import { StartDialog } from './StartDialog'

interface Props {
  module: ModuleOut
  /** The records that are selected in the list. */
  idsOf: () => Promise<string[]>
}

/** Starts a playbook on the records that are selected; nothing where no playbook is about such records. */
export function StartOnSelection({ module, idsOf }: Props) {
  const [records, setRecords] = useState<string[] | null>(null)
  const choices = useFitting(module.key).own.filter((one) => one.state === 'active')
  if (choices.length === 0) return null
  const open = async () => {
    try {
      setRecords(await idsOf())
    } catch (error) {
      sayProblem(error, t.notStarted)
    }
  }
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconChecklist size={15} />} onClick={open}>
        {t.start}
      </Button>
      {records && (
        <StartDialog
          choices={choices}
          from={{ module: module.key, records }}
          onClose={() => setRecords(null)}
        />
      )}
    </>
  )
}
