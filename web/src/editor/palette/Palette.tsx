import {
  ActionIcon,
  CloseButton,
  Portal,
  ScrollArea,
  Text,
  TextInput,
  Tooltip,
  UnstyledButton,
} from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import {
  IconChevronDown,
  IconChevronRight,
  IconLayoutSidebarLeftCollapse,
  IconSearch,
} from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import type { BlockOut } from '../../api'
import { editor as t } from '../../text/editor'
import classes from '../editor.module.css'
import { addBlock, exitInMind, show } from '../operations'
import { useEditor, useEditorState } from '../store'
import { BlockSign } from './BlockSign'
import { grouped } from './blocks'
import styles from './palette.module.css'
import { type Dragged, useDragOut } from './useDragOut'

/** The blocks that there are, by group: to drag onto the canvas, or to press, which adds after what is selected. */
export function Palette({ onCollapse }: { onCollapse: () => void }) {
  const blocks = useEditorState((state) => state.known.blocks)
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const [typed, setTyped] = useState('')
  const [folded, setFolded] = useLocalStorage<string[]>({ key: 'whereupon.palette.folded', defaultValue: [] })
  const groups = useMemo(() => grouped(blocks.values(), typed), [blocks, typed])
  const { dragged, begin } = useDragOut()
  const fold = (name: string) =>
    setFolded((known) => (known.includes(name) ? known.filter((one) => one !== name) : [...known, name]))
  return (
    <section className={classes.palette} aria-label={t.blocks} data-testid="palette">
      <div className={classes.paletteTop}>
        <TextInput
          size="xs"
          flex={1}
          placeholder={t.searchBlocks}
          aria-label={t.searchBlocks}
          leftSection={<IconSearch size={14} />}
          rightSection={
            typed && <CloseButton size="xs" aria-label={t.clearSearch} onClick={() => setTyped('')} />
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Tooltip label={t.hideBlocks}>
          <ActionIcon variant="subtle" color="gray" onClick={onCollapse} aria-label={t.hideBlocks}>
            <IconLayoutSidebarLeftCollapse size={18} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
      </div>
      <ScrollArea className={classes.scroll} type="auto" scrollbarSize={6}>
        {groups.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            {t.noBlockFound}
          </Text>
        )}
        {groups.map((group) => {
          const open = typed !== '' || !folded.includes(group.name)
          const Arrow = open ? IconChevronDown : IconChevronRight
          return (
            <section key={group.name} aria-label={group.name}>
              <UnstyledButton
                className={classes.groupName}
                aria-expanded={open}
                onClick={() => fold(group.name)}
              >
                <Arrow size={13} aria-hidden /> {group.name}
              </UnstyledButton>
              {open &&
                group.blocks.map((block) => (
                  <Item key={block.key} block={block} disabled={readOnly} onDrag={begin} />
                ))}
            </section>
          )
        })}
        {!readOnly && (
          <Text size="xs" c="dimmed" p={8} pt={12}>
            {t.paletteHint}
          </Text>
        )}
      </ScrollArea>
      {dragged && <Ghost {...dragged} />}
    </section>
  )
}

interface ItemProps {
  block: BlockOut
  disabled: boolean
  onDrag: (block: BlockOut, event: React.PointerEvent) => void
}

function Item({ block, disabled, onDrag }: ItemProps) {
  const editor = useEditor()
  const add = () => show(editor, addBlock(editor, block.key, exitInMind(editor)))
  return (
    <Tooltip label={block.description} multiline w={240} position="right" openDelay={600}>
      <button
        type="button"
        className={styles.item}
        data-testid={`palette-${block.key}`}
        disabled={disabled}
        onPointerDown={(event) => onDrag(block, event)}
        onClick={add}
      >
        <BlockSign block={block} />
        {block.label}
      </button>
    </Tooltip>
  )
}

function Ghost({ block, x, y }: Dragged) {
  return (
    <Portal>
      <div className={styles.ghost} style={{ left: x, top: y }}>
        <BlockSign block={block} /> {block.label}
      </div>
    </Portal>
  )
}
