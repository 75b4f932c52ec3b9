import { Alert, Anchor, Collapse, Group, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconChevronRight, IconHourglass } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { TestedBranch, TestedStep, TestedWait } from '../../api'
import { Status } from '../../parts/Status'
import { Values } from '../../runs/Values'
import { errorOf } from '../../runs/words'
import { format } from '../../text'
import { ai } from '../../text/ai'
import { calendar } from '../../text/calendar'
import { connections } from '../../text/connections'
import { documents } from '../../text/documents'
import { questions } from '../../text/questions'
import { runs as words } from '../../text/runs'
import { publish, test as t } from '../../text/trust'
import { TestedBranches, TestedQuestions } from './Branches'
import { Changes } from './Changes'
import { Activities, Events, Mails, Notifications, Tasks } from './Made'
import { MadeDocuments } from './MadeDocuments'
import { PromptMade, promptIn } from './PromptMade'
import { RequestMade, requestIn } from './RequestMade'

interface Props {
  step: TestedStep
  /** Records of the test alone, as "module/id". */
  made: ReadonlySet<string>
  /** The runs that this block started, the first of them; how many all blocks started. */
  branches?: TestedBranch[]
  count?: number
  /** By which exit it was left, where there are several. */
  exit: string | null
  onEdit: (node: string) => void
}

/** Everything that one block did for one record. */
export function StepDetails({ step, branches = [], count = 0, made, exit, onEdit }: Props) {
  const error = errorOf(step.error)
  const request = requestIn(step.input)
  const prompt = promptIn(step.input)
  return (
    <Stack gap="sm" data-testid={`tested-${step.node}`}>
      <div>
        <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
          <Title order={3} style={{ overflowWrap: 'anywhere' }}>
            {step.label}
          </Title>
          <Status of={step.status} />
        </Group>
        <Group gap="sm">
          {exit && (
            <Text size="xs" c="dimmed">
              {t.exit(exit)}
            </Text>
          )}
          <Anchor component="button" type="button" size="xs" onClick={() => onEdit(step.node)}>
            {publish.goTo}
          </Anchor>
        </Group>
      </div>
      {error && (
        <Alert color="red" py={6} title={error.message}>
          {error.suggestion}
        </Alert>
      )}
      {step.wait && <Wait wait={step.wait} />}
      {step.changes.length > 0 && (
        <Part title={t.changes}>
          <Changes changes={step.changes} made={made} />
        </Part>
      )}
      {step.documents.length > 0 && (
        <Part title={documents.tested}>
          <MadeDocuments documents={step.documents} />
        </Part>
      )}
      {step.messages.length > 0 && (
        <Part title={t.mails}>
          <Mails messages={step.messages} />
        </Part>
      )}
      {request && (
        <Part title={connections.request}>
          <RequestMade request={request} />
        </Part>
      )}
      {prompt && (
        <Part title={ai.wouldAsk.title}>
          <PromptMade prompt={prompt} />
        </Part>
      )}
      {step.tasks.length > 0 && (
        <Part title={t.tasks}>
          <Tasks tasks={step.tasks} />
        </Part>
      )}
      {step.questions.length > 0 && (
        <Part title={questions.wouldAsk}>
          <TestedQuestions questions={step.questions} />
        </Part>
      )}
      {branches.length > 0 && (
        <Part title={questions.branches}>
          <TestedBranches branches={branches} count={count} made={made} />
        </Part>
      )}
      {step.events.length > 0 && (
        <Part title={calendar.events}>
          <Events events={step.events} />
        </Part>
      )}
      {step.activities.length > 0 && (
        <Part title={calendar.activities}>
          <Activities activities={step.activities} />
        </Part>
      )}
      {step.notifications.length > 0 && (
        <Part title={t.notifications}>
          <Notifications notifications={step.notifications} />
        </Part>
      )}
      <Raw step={step} />
    </Stack>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <Text size="xs" fw={600} c="dimmed" mb={4}>
        {title}
      </Text>
      {children}
    </section>
  )
}

function Wait({ wait }: { wait: TestedWait }) {
  return (
    <Alert color="cyan" py={6} icon={<IconHourglass aria-hidden />} data-testid="tested-wait">
      {wait.until ? t.waitUntil(format.dateTime(wait.until)) : t.waitFor[wait.reason]}
    </Alert>
  )
}

/** Input and output as they are kept in the history; folded where what the block did says it already. */
function Raw({ step }: { step: TestedStep }) {
  const did =
    step.changes.length +
    step.documents.length +
    step.messages.length +
    step.tasks.length +
    step.notifications.length +
    step.events.length +
    step.activities.length
  const [open, { toggle }] = useDisclosure(did === 0)
  const Sign = open ? IconChevronDown : IconChevronRight
  return (
    <div>
      <Anchor component="button" type="button" size="xs" aria-expanded={open} onClick={toggle}>
        <Sign size={13} aria-hidden style={{ verticalAlign: -2 }} /> {t.values}
      </Anchor>
      <Collapse expanded={open}>
        <Stack gap="xs" pt={6}>
          <Values title={words.input} value={step.input} />
          <Values title={words.output} value={step.output} />
        </Stack>
      </Collapse>
    </div>
  )
}
