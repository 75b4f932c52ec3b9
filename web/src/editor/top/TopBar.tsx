import { ActionIcon, Badge, Button, Group, Tooltip, VisuallyHidden } from '@mantine/core'
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconArrowLeft,
  IconFlask,
  IconHistory,
  IconListTree,
  IconRocket,
} from '@tabler/icons-react'
import { Link } from 'react-router'
import { Status } from '../../parts/Status'
import { editor as t } from '../../text/editor'
import classes from '../editor.module.css'
import { useOpenWorkflow } from '../page'
import type { PanelName } from '../panels/slots'
import { useEditor, useEditorState } from '../store'
import { useModuleNames } from '../useModuleNames'
import { MoreMenu } from './MoreMenu'
import { NameInput } from './NameInput'
import { SaveStateSign } from './SaveStateSign'

interface Props {
  open: PanelName | null
  onOpen: (panel: PanelName | null) => void
}

/** Above the canvas: what is open and whether it is saved; undo, test, publish, versions, and the rest. */
export function TopBar({ open, onOpen }: Props) {
  const { workflow } = useOpenWorkflow()
  const readOnly = useEditorState((state) => state.readOnly !== null)
  return (
    <header className={classes.top}>
      <Group gap={8} wrap="nowrap" miw={0} flex={1}>
        <Tooltip label={t.back}>
          <ActionIcon component={Link} to="/workflows" variant="subtle" color="gray" aria-label={t.back}>
            <IconArrowLeft size={18} />
          </ActionIcon>
        </Tooltip>
        <NameInput />
        <ModuleBadge />
        <Group gap={8} wrap="nowrap" style={{ flexShrink: 0 }}>
          <Status of={workflow.state} />
          {workflow.paused && <Status of="held" label={t.paused} />}
          <SaveStateSign />
        </Group>
      </Group>
      <Group gap={4} wrap="nowrap">
        <UndoButtons />
        <ViewButton />
        <Tooltip label={t.versions}>
          <ActionIcon
            variant={open === 'versions' ? 'light' : 'subtle'}
            color="gray"
            size="lg"
            aria-label={t.versions}
            onClick={() => onOpen(open === 'versions' ? null : 'versions')}
          >
            <IconHistory size={19} stroke={1.6} />
          </ActionIcon>
        </Tooltip>
        <MoreMenu />
        <Button
          size="xs"
          variant={open === 'test' ? 'light' : 'default'}
          leftSection={<IconFlask size={16} />}
          aria-pressed={open === 'test'}
          onClick={() => onOpen(open === 'test' ? null : 'test')}
          ml={4}
        >
          {t.test}
        </Button>
        <Button
          size="xs"
          leftSection={<IconRocket size={16} />}
          disabled={readOnly}
          onClick={() => onOpen('publish')}
        >
          {t.publish}
        </Button>
      </Group>
    </header>
  )
}

function ModuleBadge() {
  const module = useEditorState((state) => state.draft.module)
  const modules = useModuleNames()
  if (!module) return null
  return (
    <Badge color="gray" variant="outline" style={{ flex: 'none' }} visibleFrom="md">
      <VisuallyHidden>{t.module}: </VisuallyHidden>
      {modules.get(module) ?? module}
    </Badge>
  )
}

function UndoButtons() {
  const editor = useEditor()
  const canUndo = useEditorState((state) => state.past.length > 0)
  const canRedo = useEditorState((state) => state.future.length > 0)
  const buttons = [
    { label: t.undo, sign: IconArrowBackUp, enabled: canUndo, act: () => editor.undo() },
    { label: t.redo, sign: IconArrowForwardUp, enabled: canRedo, act: () => editor.redo() },
  ]
  return buttons.map(({ label, sign: Sign, enabled, act }) => (
    <Tooltip key={label} label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        aria-disabled={!enabled}
        style={enabled ? undefined : { opacity: 0.4 }}
        onClick={act}
      >
        <Sign size={19} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  ))
}

function ViewButton() {
  const editor = useEditor()
  const view = useEditorState((state) => state.view)
  const label = view === 'canvas' ? t.asList : t.asCanvas
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={view === 'list' ? 'light' : 'subtle'}
        color={view === 'list' ? 'accent' : 'gray'}
        size="lg"
        aria-label={label}
        aria-pressed={view === 'list'}
        onClick={() => editor.store.setState({ view: view === 'canvas' ? 'list' : 'canvas' })}
      >
        <IconListTree size={19} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  )
}
