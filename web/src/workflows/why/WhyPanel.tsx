import { Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { RecordSelect } from '../../form/RecordSelect'
import { fromWallClock } from '../../records/fields/moment'
import { format } from '../../text'
import { why as t } from '../../text/trust'
import { WhyAnswer } from './WhyAnswer'

interface Props {
  workflow: string
  /** The module that it is about. */
  module: string
}

/** "Why did this not run?" from a workflow: a record is chosen, and a moment if it is not about now. */
export function WhyPanel({ workflow, module }: Props) {
  const [record, setRecord] = useState<string | null>(null)
  const [moment, setMoment] = useState('')
  const at = moment ? fromWallClock(moment, format.timeZone) : null
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {t.aboutWorkflow}
      </Text>
      <Group gap="sm" align="flex-start">
        <div style={{ flex: '1 1 220px' }}>
          <RecordSelect
            module={module}
            label={t.record}
            value={record}
            onChange={(id) => setRecord(id === null ? null : String(id))}
          />
        </div>
        <TextInput
          type="datetime-local"
          max="9999-12-31T23:59"
          label={t.until}
          description={t.untilAbout}
          inputWrapperOrder={['label', 'input', 'description']}
          value={moment}
          onChange={(event) => setMoment(event.currentTarget.value)}
          flex="1 1 200px"
        />
      </Group>
      {record !== null && (
        <WhyAnswer
          key={record}
          workflow={workflow}
          module={module}
          record={record}
          at={typeof at === 'string' ? at : undefined}
        />
      )}
    </Stack>
  )
}
