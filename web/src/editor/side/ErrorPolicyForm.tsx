import { Group, NumberInput, Select } from '@mantine/core'
import { editor as t } from '../../text/editor'
import { type ErrorPolicy, setErrorPolicy, type WorkflowNode } from '../document'
import { useEditor, useEditorState } from '../store'

const STOP: ErrorPolicy = { policy: 'stop' }
const POLICIES = ['stop', 'continue', 'retry', 'exit'] as const

/** What follows when the block fails for a record. */
export function ErrorPolicyForm({ node }: { node: WorkflowNode }) {
  const editor = useEditor()
  const readOnly = useEditorState((state) => state.readOnly !== null)
  const policy = node.on_error ?? STOP
  const set = (change: Partial<ErrorPolicy>) =>
    editor.draw((now) => setErrorPolicy(now, node.key, { ...policy, ...change }), {
      tag: `on_error ${node.key}`,
    })
  return (
    <>
      <Select
        label={t.onError}
        description={t.onErrorAbout[policy.policy]}
        inputWrapperOrder={['label', 'input', 'description']}
        size="sm"
        disabled={readOnly}
        data={POLICIES.map((value) => ({ value, label: t.onErrorPolicy[value] }))}
        value={policy.policy}
        onChange={(value) => value && set({ policy: value as ErrorPolicy['policy'] })}
      />
      {policy.policy === 'retry' && (
        <Group grow mt="xs" gap="xs">
          <NumberInput
            label={t.retries}
            size="sm"
            min={1}
            max={20}
            allowDecimal={false}
            disabled={readOnly}
            value={policy.retries ?? 3}
            onChange={(value) => typeof value === 'number' && set({ retries: value })}
          />
          <NumberInput
            label={t.backoff}
            size="sm"
            min={1}
            max={86_400}
            suffix=" s"
            allowDecimal={false}
            disabled={readOnly}
            value={policy.backoff_seconds ?? 60}
            onChange={(value) => typeof value === 'number' && set({ backoff_seconds: value })}
          />
        </Group>
      )}
    </>
  )
}
