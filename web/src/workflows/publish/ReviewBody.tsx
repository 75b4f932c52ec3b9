import { SimpleGrid, Stack, Text } from '@mantine/core'
import type { ReviewOut, Workflow } from '../../api'
import { nodeTitle } from '../../editor/naming'
import { goTo } from '../../editor/operations'
import { useEditor, useEditorState } from '../../editor/store'
import { publish as t } from '../../text/trust'
import { isSame } from '../versions/changes'
import { Differences } from '../versions/Differences'
import { Caps, Circles, Flying, Quota } from './Consequences'
import { Findings } from './Findings'
import classes from './publish.module.css'
import { RecordsMoved } from './RecordsMoved'
import { Section } from './Section'

interface Props {
  review: ReviewOut
  workflow: Workflow
  onClose: () => void
}

/** Everything that one looks at before publishing, the problems first. */
export function ReviewBody({ review, workflow, onClose }: Props) {
  const editor = useEditor()
  const show = (node: string | null, path: string) => {
    onClose()
    goTo(editor, node, path)
  }
  return (
    <Stack gap="md" data-testid="publish-review">
      <Findings
        title={t.problems(review.problems.length)}
        kind="error"
        items={review.problems}
        onShow={(one) => show(one.node, one.path ?? '')}
      />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl" verticalSpacing="md">
        <Stack gap="md">
          <Section title={t.starts}>
            <Text size="sm">{sentence(review.trigger)}</Text>
          </Section>
          <Section title={t.does}>
            <Steps review={review} />
          </Section>
          <Changed review={review} workflow={workflow} onNode={(node) => show(node, '')} />
        </Stack>
        <Stack gap="md">
          <Section title={t.records}>
            <RecordsMoved records={review.records} module={workflow.module} />
          </Section>
          <Section title={t.loop}>
            <Circles termination={review.termination} own={workflow.key} />
          </Section>
          <Section title={t.inFlight}>
            <Flying runs={review.in_flight} />
          </Section>
          {review.caps.length > 0 && (
            <Section title={t.messages}>
              <Caps caps={review.caps} />
            </Section>
          )}
          <Quota review={review} />
        </Stack>
      </SimpleGrid>
      <Findings
        title={t.advice(review.advice.length)}
        kind="advice"
        items={review.advice}
        onShow={(one) => show(one.node, '')}
      />
    </Stack>
  )
}

const sentence = (words: string) => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`

function Steps({ review }: { review: ReviewOut }) {
  if (review.steps.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.nothingDone}
      </Text>
    )
  return (
    <ol className={classes.steps}>
      {review.steps.map((step) => (
        <li key={step.key}>
          <b>{step.label}</b>
          {step.sentence && step.sentence !== step.label && (
            <Text size="sm" c="dimmed" lineClamp={3} style={{ overflowWrap: 'anywhere' }}>
              {step.sentence}
            </Text>
          )}
        </li>
      ))}
    </ol>
  )
}

function Changed({ review, workflow, onNode }: Omit<Props, 'onClose'> & { onNode: (node: string) => void }) {
  const { document } = useEditorState((state) => state.draft)
  const blocks = useEditorState((state) => state.known.blocks)
  const version = workflow.active_version
  if (version === null)
    return (
      <Text size="sm" c="dimmed">
        {t.firstVersion}
      </Text>
    )
  if (isSame(review.differences))
    return (
      <Text size="sm" c="dimmed">
        {t.noDifference(version)}
      </Text>
    )
  return (
    <Section title={t.differences(version)}>
      <Differences
        found={review.differences}
        nameOf={(key) =>
          review.differences.nodes.find((node) => node.key === key)?.before?.label ??
          nodeTitle(document, blocks, key)
        }
        onNode={onNode}
      />
    </Section>
  )
}
