import { Anchor, Button, List, Paper, Text, Title } from '@mantine/core'
import { Link } from 'react-router'
import type { MadeDraft } from '../../api'
import { useMe } from '../../app/useMe'
import { BackLink } from '../../parts/BackLink'
import { NotForYou } from '../../parts/NotForYou'
import { PageHeader } from '../../parts/PageHeader'
import { planning as t } from '../../text/planning'
import { Preview } from './Preview'
import { UploadSheet } from './UploadSheet'
import { usePlanning } from './usePlanning'

/** A planning sheet becomes draft workflows: uploaded, looked at row by row, made. */
export function Page() {
  const planning = usePlanning()
  const me = useMe()
  if (!me.administrator && !me.builder) return <NotForYou builders />
  return (
    <>
      <BackLink to="/workflows">{t.toWorkflows}</BackLink>
      <PageHeader title={t.title} about={t.about} />
      {planning.made ? (
        <Made items={planning.made} onAgain={planning.again} />
      ) : planning.found ? (
        <Preview planning={planning} />
      ) : (
        <UploadSheet planning={planning} />
      )}
    </>
  )
}

function Made({ items, onAgain }: { items: MadeDraft[]; onAgain: () => void }) {
  return (
    <Paper className="surface" p="lg" role="status">
      <Title order={2}>{t.made(items.length)}</Title>
      <Text c="dimmed" size="sm" mb="sm">
        {t.madeAbout}
      </Text>
      <List spacing={4}>
        {items.map((item) => (
          <List.Item key={item.key}>
            <Anchor component={Link} to={`/workflows/${item.key}`}>
              {item.name}
            </Anchor>
          </List.Item>
        ))}
      </List>
      <Button variant="default" mt="md" onClick={onAgain}>
        {t.another}
      </Button>
    </Paper>
  )
}
