import { Anchor, Badge, Button, Group, List, Paper, Text, Title } from '@mantine/core'
import { Link } from 'react-router'
import type { SentFiles } from '../../api'
import { files as t } from '../../text/files'
import { COLORS } from './FileCard'
import { pathOf } from './plan'

/** The last step: what was done, with the way to each thing. */
export function Done({ done, onAgain }: { done: SentFiles; onAgain: () => void }) {
  return (
    <Paper className="surface" p="lg" role="status">
      <Title order={2}>{t.done(done.documents.length)}</Title>
      <Text c="dimmed" size="sm" mb="sm">
        {t.doneAbout}
      </Text>
      <List spacing={6} listStyleType="none">
        {done.documents.map((one) => {
          const path = pathOf(one)
          const name = one.name || one.file
          return (
            <List.Item key={one.file}>
              <Group gap="xs" wrap="nowrap" align="flex-start">
                <Badge color={COLORS[one.action]} style={{ flex: 'none' }}>
                  {t.did[one.action]}
                </Badge>
                {path ? (
                  <Anchor component={Link} to={path} style={{ overflowWrap: 'anywhere' }}>
                    {name}
                  </Anchor>
                ) : (
                  <span>{name}</span>
                )}
                <Text size="xs" c="dimmed" mt={3}>
                  {one.kind ? (t.kinds[one.kind] ?? one.kind) : ''}
                </Text>
              </Group>
            </List.Item>
          )
        })}
      </List>
      <Button variant="default" mt="md" onClick={onAgain}>
        {t.other}
      </Button>
    </Paper>
  )
}
