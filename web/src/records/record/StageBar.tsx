import { Group, ScrollArea, Text, UnstyledButton } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import type { FieldOut } from '../../api'
import { records as t } from '../../text/records'
import { choicesOf } from '../model'
import classes from './StageBar.module.css'

interface Props {
  field: FieldOut
  value: unknown
  disabled: boolean
  onChange: (key: string) => void
}

/** The stages of a record in their order; a click moves it there. */
export function StageBar({ field, value, disabled, onChange }: Props) {
  const stages = choicesOf(field)
  const at = stages.findIndex((stage) => stage.key === value)
  return (
    <ScrollArea type="auto" mb="md" offsetScrollbars="x">
      <Group gap={2} wrap="nowrap" role="group" aria-label={field.label} data-testid="stage">
        {stages.map((stage, index) => (
          <UnstyledButton
            key={stage.key}
            className={classes.stage}
            aria-pressed={index === at}
            data-done={index < at || undefined}
            data-current={index === at || undefined}
            disabled={disabled}
            onClick={() => onChange(stage.key)}
          >
            {index < at && <IconCheck size={14} aria-hidden />}
            <Text span size="sm" truncate>
              {stage.label}
            </Text>
          </UnstyledButton>
        ))}
        {at < 0 && (
          <Text size="sm" c="dimmed" pl="sm">
            {t.noStage}
          </Text>
        )}
      </Group>
    </ScrollArea>
  )
}
