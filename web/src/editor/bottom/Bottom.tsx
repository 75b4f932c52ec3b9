import { ActionIcon, Group, Tabs, Tooltip } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { Suspense } from 'react'
import { editor as t } from '../../text/editor'
import classes from '../editor.module.css'
import { RunsPanel } from '../panels/slots'
import { useEditorState } from '../store'
import { ProblemsList } from './ProblemsList'

/** Below the canvas: what is wrong with the drawing, and what its last runs came to. */
export function Bottom() {
  const [tab, setTab] = useLocalStorage<string>({ key: 'whereupon.editor.bottom', defaultValue: '' })
  const errors = useEditorState((state) => state.checked?.problems.length ?? 0)
  const advice = useEditorState((state) => state.checked?.advice.length ?? 0)
  const toggle = (value: string | null) => setTab(value === tab ? '' : (value ?? ''))
  const label = tab ? t.fold : t.unfold
  return (
    <Tabs
      className={classes.bottom}
      data-open={tab ? true : undefined}
      value={tab || null}
      onChange={toggle}
      allowTabDeactivation
      keepMounted={false}
      inverted={false}
    >
      <Group justify="space-between" wrap="nowrap" className={classes.tabs}>
        <Tabs.List aria-label={t.bottom}>
          <Tabs.Tab value="problems" data-testid="problems-tab">
            {t.problems}
            {errors > 0 && <span className={classes.errors}>{errors}</span>}
            {advice > 0 && <span className={classes.advice}>{advice}</span>}
          </Tabs.Tab>
          <Tabs.Tab value="runs">{t.runs}</Tabs.Tab>
        </Tabs.List>
        <Tooltip label={label}>
          <ActionIcon
            variant="subtle"
            color="gray"
            mr={6}
            aria-label={label}
            aria-expanded={Boolean(tab)}
            onClick={() => setTab(tab ? '' : 'problems')}
          >
            {tab ? <IconChevronDown size={17} /> : <IconChevronUp size={17} />}
          </ActionIcon>
        </Tooltip>
      </Group>
      <Tabs.Panel value="problems" className={classes.bottomPanel}>
        <ProblemsList />
      </Tabs.Panel>
      <Tabs.Panel value="runs" className={classes.bottomPanel}>
        <Suspense fallback={null}>
          <RunsPanel />
        </Suspense>
      </Tabs.Panel>
    </Tabs>
  )
}
