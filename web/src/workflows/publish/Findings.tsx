import { Title, UnstyledButton } from '@mantine/core'
import { IconAlertCircle, IconBulb } from '@tabler/icons-react'
import { nodeTitle } from '../../editor/naming'
import { useEditorState } from '../../editor/store'
import { publish as t } from '../../text/trust'
import classes from './publish.module.css'

/** One thing that stands against the draft, or could be better. */
export interface Finding {
  code: string
  message: string
  suggestion?: string | null
  node: string | null
  path?: string
}

interface FindingsProps {
  title: string
  kind: 'error' | 'advice'
  items: Finding[]
  onShow: (one: Finding) => void
}

/** What stands against publishing, or could be better; a click shows it in the draft. */
export function Findings({ title, kind, items, onShow }: FindingsProps) {
  const { document } = useEditorState((state) => state.draft)
  const blocks = useEditorState((state) => state.known.blocks)
  if (items.length === 0) return null
  const Sign = kind === 'error' ? IconAlertCircle : IconBulb
  return (
    <section className={classes.findings} data-kind={kind} data-testid={`review-${kind}`}>
      <Title order={3} className={classes.findingsTitle}>
        <Sign size={18} aria-hidden /> {title}
      </Title>
      <ul>
        {items.map((one) => (
          <li key={`${one.code} ${one.node} ${one.path ?? ''} ${one.message}`}>
            <UnstyledButton className={classes.finding} title={t.goTo} onClick={() => onShow(one)}>
              <b>{one.node ? nodeTitle(document, blocks, one.node) : t.workflow}</b> {one.message}{' '}
              {one.suggestion}
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </section>
  )
}
