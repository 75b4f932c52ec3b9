import { ActionIcon, Popover, Tooltip } from '@mantine/core'
import { IconBraces } from '@tabler/icons-react'
import { useCallback, useState } from 'react'
import { form as t } from '../text/form'
import { NameList } from './NameList'
import type { Name } from './names'
import type { FormContext } from './types'

interface Props {
  context: FormContext
  /** Written as a text or as a formula says it. */
  as: 'template' | 'formula'
  onPick: (written: string) => void
  /** The name of the input that it is put into. */
  into?: string
}

/** A button that opens all names which may be used here, by group, with search and levels that open. */
export function VariablePicker({ context, as, onPick, into }: Props) {
  const [open, setOpen] = useState(false)
  const choosable = useCallback((name: Name) => name[as] !== null, [as])
  return (
    <Popover opened={open} onChange={setOpen} width={340} position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Tooltip label={t.insert}>
          <ActionIcon
            variant="subtle"
            color="gray"
            onClick={() => setOpen((was) => !was)}
            aria-label={into ? t.insertInto(into) : t.insert}
            aria-expanded={open}
          >
            <IconBraces size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={8} aria-label={t.insert}>
        <NameList
          context={context}
          choosable={choosable}
          onPick={(name) => {
            setOpen(false)
            onPick(name[as] ?? '')
          }}
          label={t.searchNames}
          remote
        />
      </Popover.Dropdown>
    </Popover>
  )
}
