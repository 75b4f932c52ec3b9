import { Paper, SimpleGrid, Text, Title } from '@mantine/core'
import { type Icon, IconDatabaseEdit, IconMessage, IconWorldShare } from '@tabler/icons-react'
import { Link, useParams } from 'react-router'
import { useMe } from '../../app/useMe'
import { BackLink } from '../../parts/BackLink'
import { NotForYou } from '../../parts/NotForYou'
import { PageHeader } from '../../parts/PageHeader'
import { wizard as t } from '../../text/wizard'
import { ExportWizard } from './ExportWizard'
import { TasksWizard } from './TasksWizard'
import { TextsWizard } from './TextsWizard'
import classes from './wizard.module.css'

type Kind = keyof typeof t.kinds
const KINDS: { kind: Kind; icon: Icon; Body: React.ComponentType }[] = [
  { kind: 'data-tasks', icon: IconDatabaseEdit, Body: TasksWizard },
  { kind: 'export', icon: IconWorldShare, Body: ExportWizard },
  { kind: 'texts', icon: IconMessage, Body: TextsWizard },
]

/** The wizard: which of its three kinds, then the questions of that kind. */
export function Page() {
  const { kind } = useParams()
  const chosen = KINDS.find((one) => one.kind === kind)
  const me = useMe()
  if (!me.administrator && !me.builder) return <NotForYou builders />
  return (
    <>
      <BackLink to={chosen ? '/wizard' : '/workflows'}>{chosen ? t.another : t.toWorkflows}</BackLink>
      <PageHeader title={chosen ? t.kinds[chosen.kind].title : t.title} about={chosen ? null : t.about} />
      {chosen ? <chosen.Body /> : <Kinds />}
    </>
  )
}

function Kinds() {
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }} maw={1000}>
      {KINDS.map(({ kind, icon: Sign }) => (
        <Paper
          key={kind}
          component={Link}
          to={`/wizard/${kind}`}
          className={`surface ${classes.card}`}
          p="md"
          data-testid={`wizard-kind-${kind}`}
        >
          <Sign size={26} stroke={1.5} aria-hidden />
          <Title order={2} mt={6}>
            {t.kinds[kind].title}
          </Title>
          <Text size="sm" c="dimmed" mt={4}>
            {t.kinds[kind].about}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  )
}
