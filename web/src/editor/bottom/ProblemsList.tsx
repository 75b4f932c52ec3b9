import { Text, UnstyledButton } from '@mantine/core'
import { IconAlertCircle, IconBulb, IconCircleCheck } from '@tabler/icons-react'
import { editor as t } from '../../text/editor'
import { nodeOf } from '../document'
import classes from '../editor.module.css'
import { nodeTitle } from '../naming'
import { goTo } from '../operations'
import { useEditor, useEditorState } from '../store'
import { titleAt } from './titles'

interface Item {
  kind: 'error' | 'advice'
  code: string
  message: string
  suggestion: string | null | undefined
  node: string | null
  path: string
}

/** Advice on the workflow as a whole is about a field of its panel. */
const PLACES: Record<string, string> = { no_description: '/description', name: '/name' }

/** What stands against publishing, then what could be better. A click goes to the block and its field. */
export function ProblemsList() {
  const checked = useEditorState((state) => state.checked)
  const items: Item[] = [
    ...(checked?.problems ?? []).map((one) => ({
      ...one,
      kind: 'error' as const,
      suggestion: one.suggestion,
    })),
    ...(checked?.advice ?? []).map((one) => ({
      ...one,
      kind: 'advice' as const,
      path: PLACES[one.code] ?? '',
    })),
  ]
  if (!checked) return null
  if (items.length === 0)
    return (
      <Text size="sm" c="dimmed" p="sm" data-testid="problems" className={classes.fine}>
        <IconCircleCheck size={17} aria-hidden /> {t.noProblems}
      </Text>
    )
  return (
    <ul className={classes.problems} data-testid="problems" aria-label={t.problems}>
      {items.map((item) => (
        <Entry key={item.kind + item.code + item.path + item.node + item.message} item={item} />
      ))}
    </ul>
  )
}

function Entry({ item }: { item: Item }) {
  const editor = useEditor()
  const title = useEditorState((state) =>
    item.node ? nodeTitle(state.draft.document, state.known.blocks, item.node) : t.workflow,
  )
  const message = useMessage(item)
  const Sign = item.kind === 'error' ? IconAlertCircle : IconBulb
  return (
    <li>
      <UnstyledButton
        className={classes.problem}
        data-kind={item.kind}
        onClick={() => goTo(editor, item.node, item.path)}
      >
        <Sign size={17} stroke={1.8} aria-label={item.kind === 'error' ? t.problem : t.advice} />
        <span>
          <b>{title}</b> {message} <span className={classes.suggestion}>{item.suggestion}</span>
        </span>
      </UnstyledButton>
    </li>
  )
}

/** A field that is missing is named as its form names it. */
function useMessage({ code, node, path, message }: Item): string {
  const schema = useEditorState((state) => {
    const found = nodeOf(state.draft.document, node ?? undefined)
    return found && state.known.blocks.get(found.block)?.config
  })
  const title = code === 'missing' ? titleAt(schema, path.replace(/^\/nodes\/\d+\/config/, '')) : undefined
  return title ? t.missing(title) : message
}
