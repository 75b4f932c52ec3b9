import { FocusTrap, Portal, Text, TextInput } from '@mantine/core'
import { useClickOutside } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useId, useMemo, useState } from 'react'
import type { BlockOut } from '../../api'
import { editor as t } from '../../text/editor'
import { useNodeTitle } from '../naming'
import { addBlock, exitInMind, show } from '../operations'
import { type Asking, useEditor, useEditorState } from '../store'
import { BlockSign } from './BlockSign'
import { grouped } from './blocks'
import styles from './palette.module.css'

const WIDTH = 320
const HEIGHT = 430

/** The menu that asks which block to add: searched by typing, chosen with the arrows and Enter. */
export function AddBlock({ asking }: { asking: Extract<Asking, { kind: 'add' }> }) {
  const editor = useEditor()
  const after = asking.after ?? exitInMind(editor)
  const close = () => {
    editor.ask(null)
    editor.surface?.element.focus({ preventScroll: true })
  }
  const element = useClickOutside(() => editor.ask(null))
  const choose = (block: BlockOut) => {
    close()
    show(editor, addBlock(editor, block.key, after, asking.place))
  }
  return (
    <Portal>
      <FocusTrap active>
        <div
          ref={element}
          className={styles.menu}
          style={placeOf(asking.screen)}
          role="dialog"
          aria-label={t.addBlock}
          data-testid="add-block"
        >
          <BlockList onChoose={choose} onClose={close} />
          {after && <After exit={after} />}
        </div>
      </FocusTrap>
    </Portal>
  )
}

function placeOf(screen: { x: number; y: number } | undefined) {
  if (!screen) return { left: `calc(50% - ${WIDTH / 2}px)`, top: 120 }
  return {
    left: Math.max(8, Math.min(screen.x + 8, window.innerWidth - WIDTH - 8)),
    top: Math.max(8, Math.min(screen.y + 8, window.innerHeight - HEIGHT - 8)),
  }
}

function After({ exit }: { exit: { key: string; port: string } }) {
  const title = useNodeTitle(exit.key)
  return (
    <Text size="xs" c="dimmed" pt={6} px={4} truncate>
      {t.willFollow(title)}
    </Text>
  )
}

interface ListProps {
  onChoose: (block: BlockOut) => void
  onClose: () => void
}

function BlockList({ onChoose, onClose }: ListProps) {
  const blocks = useEditorState((state) => state.known.blocks)
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const groups = useMemo(() => grouped(blocks.values(), typed), [blocks, typed])
  const all = groups.flatMap((group) => group.blocks)
  const current = all[Math.min(at, all.length - 1)]
  const move = (by: number) => setAt((now) => (now + by + all.length) % Math.max(all.length, 1))
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowDown') move(1)
    else if (event.key === 'ArrowUp') move(-1)
    else if (event.key === 'Enter' && current) onChoose(current)
    else if (event.key === 'Escape') onClose()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <>
      <TextInput
        data-autofocus
        size="sm"
        placeholder={t.searchBlocks}
        aria-label={t.searchBlocks}
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={current ? `${id}-${current.key}` : undefined}
        leftSection={<IconSearch size={15} />}
        value={typed}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setTyped(event.currentTarget.value)
          setAt(0)
        }}
      />
      <div id={id} role="listbox" aria-label={t.blocks} className={styles.options}>
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a group within a listbox, not of a form
          <div key={group.name} role="group" aria-label={group.name}>
            <div className={styles.group} aria-hidden>
              {group.name}
            </div>
            {group.blocks.map((block) => (
              <Option
                key={block.key}
                id={`${id}-${block.key}`}
                block={block}
                current={block === current}
                onPoint={() => setAt(all.indexOf(block))}
                onChoose={() => onChoose(block)}
              />
            ))}
          </div>
        ))}
      </div>
      {all.length === 0 && (
        <Text size="sm" c="dimmed" p="xs">
          {t.noBlockFound}
        </Text>
      )}
      {current && (
        <Text size="xs" c="dimmed" pt={6} px={4} lineClamp={2} mih={36}>
          {current.description}
        </Text>
      )}
    </>
  )
}

interface OptionProps {
  id: string
  block: BlockOut
  current: boolean
  onPoint: () => void
  onChoose: () => void
}

function Option({ id, block, current, onPoint, onChoose }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the input above hears the keys for the whole list
    // biome-ignore lint/a11y/useFocusableInteractive: the list is walked with aria-activedescendant
    <div
      id={id}
      ref={(element) => {
        if (current) element?.scrollIntoView({ block: 'nearest' })
      }}
      role="option"
      aria-selected={current}
      className={styles.option}
      data-testid={`add-${block.key}`}
      onPointerMove={onPoint}
      onClick={onChoose}
    >
      <BlockSign block={block} size={26} />
      {block.label}
    </div>
  )
}
