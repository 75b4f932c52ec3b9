import { Box, Select, Skeleton, Text } from '@mantine/core'
import { Suspense, useMemo } from 'react'
import { lazy } from '../../app/lazy'
import { editor as t } from '../../text/editor'
import { useQuota } from '../../workflows/list/useQuota'
import { START_ICON } from '../canvas/icons'
import { setConfig, type WorkflowNode } from '../document'
import styles from '../palette/palette.module.css'
import { useEditor, useEditorState } from '../store'
import { ConfigForm } from './ConfigForm'
import { ModuleChoice } from './ModuleChoice'
import { PanelTop } from './PanelTop'
import { PreviewRecord } from './PreviewRecord'

const HookPanel = lazy(async () => ({ default: (await import('../hook/HookPanel')).HookPanel }))

/** START: which module, what starts the workflow, and for which records. */
export function StartPanel({ node }: { node: WorkflowNode }) {
  const editor = useEditor()
  const triggers = useEditorState((state) => state.known.catalogue.triggers)
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const { trigger, ...config } = node.config
  const chosen = triggers.find((one) => one.key === trigger)
  // What starts by the clock already has its place.
  const { clock } = useQuota()
  const full = chosen?.scheduled ? null : clock
  const schema = useMemo(() => withFilter(chosen?.config), [chosen])
  const choose = (key: string | null) => {
    if (!key || key === trigger) return
    const kept = config.filter === undefined ? {} : { filter: config.filter }
    editor.draw((now) => setConfig(now, node.key, { trigger: key, ...kept }))
  }
  return (
    <Box p="sm">
      <PanelTop sign={<StartSign />} title={t.start} about={t.startAbout} />
      <ModuleChoice />
      <Select
        label={t.trigger}
        description={[chosen?.description, full && `${t.clockTriggers} ${full}`].filter(Boolean).join(' ')}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        placeholder={t.chooseTrigger}
        error={trigger !== undefined && !chosen ? t.unknownTrigger(String(trigger)) : undefined}
        size="sm"
        mb="sm"
        disabled={readOnly}
        data={triggers
          .filter((one) => !one.internal || one.key === trigger)
          .map((one) => ({
            value: one.key,
            label: one.label,
            disabled: one.scheduled && full !== null,
          }))}
        value={typeof trigger === 'string' ? trigger : null}
        onChange={choose}
        data-testid="trigger"
      />
      <PreviewRecord />
      {chosen && (
        <ConfigForm
          key={chosen.key}
          node={node}
          schema={schema}
          value={config}
          whole={(part) => ({ trigger, ...part })}
        />
      )}
      {trigger === 'webhook' && (
        <Suspense fallback={<Skeleton h={120} />}>
          <HookPanel variables={config.variables} />
        </Suspense>
      )}
      <Text size="xs" c="dimmed" mt="md">
        {t.startHint}
      </Text>
    </Box>
  )
}

function StartSign() {
  const hue = { '--hue': 'var(--mantine-color-accent-6)', width: 28, height: 28 }
  return (
    <span className={styles.sign} style={hue as React.CSSProperties}>
      <START_ICON size={16} aria-hidden />
    </span>
  )
}

/** START's own key beside those of its trigger: the condition that lets a record in. */
function withFilter(schema: Record<string, unknown> | undefined): Record<string, unknown> {
  const properties = (schema?.properties ?? {}) as Record<string, unknown>
  const filter = {
    title: t.filter,
    description: t.filterAbout,
    default: null,
    'x-widget': 'condition',
  }
  return { type: 'object', ...schema, properties: { ...properties, filter } }
}
