import { ActionIcon, Button, Group, Text, Title, Tooltip } from '@mantine/core'
import { IconArrowLeft, IconFlask, IconPlayerPlay } from '@tabler/icons-react'
import { type KeyboardEvent, useEffect } from 'react'
import { goTo } from '../../editor/operations'
import { useOpenWorkflow } from '../../editor/page'
import type { PanelProps } from '../../editor/panels/slots'
import { useEditor, useEditorState } from '../../editor/store'
import { Empty } from '../../parts/Empty'
import { Problem } from '../../parts/Problem'
import { test as t } from '../../text/trust'
import { type Finding, Findings } from '../publish/Findings'
import { Results } from './Results'
import { SetupForm } from './SetupForm'
import { arrivesIn, drawingProblems, isChosen, listensToChanges, requestOf, startIn, useSetup } from './setup'
import classes from './test.module.css'
import { useTest } from './useTest'

/** In place of the canvas: the draft is tried on records by the engine itself, and nothing of it is kept. */
export function TestPanel({ onClose }: PanelProps) {
  const editor = useEditor()
  const { workflow } = useOpenWorkflow()
  const { document, module } = useEditorState((state) => state.draft)
  const triggers = useEditorState((state) => state.known.catalogue.triggers)
  const [setup, change] = useSetup(workflow.key, module)
  const { tried, problem, busy, run, stop } = useTest()
  const start = startIn(document)
  const changes = listensToChanges(triggers.find((one) => one.key === start.trigger))
  const arrives = arrivesIn(document)
  const able = isChosen(setup, module, arrives)
  const wrong = drawingProblems(problem?.problems ?? [], document)
  const show = ({ node, path = '' }: Finding) => {
    onClose()
    goTo(editor, node, path)
  }
  const begin = () => {
    if (able && !busy)
      void run(requestOf(setup, { workflow: workflow.key, document, module, changes }), document)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    begin()
  }
  useEffect(() => stop, [stop])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Ctrl-Enter anywhere in the panel runs the test
    <div className={classes.panel} onKeyDown={onKeyDown} data-testid="test-panel">
      <section className={classes.setup} aria-label={t.on}>
        <Group gap={6} wrap="nowrap" mb="xs">
          <Tooltip label={t.close}>
            <ActionIcon variant="subtle" color="gray" aria-label={t.close} onClick={onClose}>
              <IconArrowLeft size={18} />
            </ActionIcon>
          </Tooltip>
          <Title order={2}>{t.title}</Title>
        </Group>
        <Text size="xs" c="dimmed" mb="sm">
          {t.about}
        </Text>
        <SetupForm
          setup={setup}
          onChange={change}
          module={module}
          filter={start.filter}
          changes={changes}
          arrives={arrives}
          problems={problem?.problems}
        />
        <Group gap="xs" mt="md" className={classes.run}>
          <Button
            leftSection={<IconPlayerPlay size={16} />}
            disabled={!able}
            loading={busy}
            onClick={begin}
            flex={1}
            data-testid="run-test"
          >
            {tried ? t.again : t.run}
          </Button>
          {busy && (
            <Button variant="default" onClick={stop}>
              {t.stop}
            </Button>
          )}
        </Group>
        <Text size="xs" c="dimmed" mt={6} role="status">
          {busy ? t.running : able ? '' : t.chooseFirst}
        </Text>
      </section>
      <div className={classes.results}>
        {wrong.length > 0 && (
          <div className={classes.wrong} role="alert">
            <Findings title={t.cannot} kind="error" items={wrong} onShow={show} />
          </div>
        )}
        {problem && wrong.length === 0 && (
          <Problem error={problem} title={t.failed} onRetry={problem.unreachable ? begin : undefined} />
        )}
        {tried && !problem ? (
          <Results
            key={tried.number}
            tried={tried}
            stale={tried.document !== document}
            onEdit={(node) => {
              editor.select([node])
              onClose()
            }}
          />
        ) : (
          !problem && <Empty icon={IconFlask} title={t.beforeTitle} about={t.before} />
        )}
      </div>
    </div>
  )
}
