import { Button, Group, Text } from '@mantine/core'
import { Link } from 'react-router'
import { asProblem } from '../api/problem'
import { t } from '../text'
import { PageHeader } from './PageHeader'
import { Problem } from './Problem'

interface Props {
  error: unknown
  onRetry: () => void
  /** What it is called on this page; left out: as the error is. */
  title?: string
}

/** What asking again does not change: not there, not allowed, gone for good. */
const FINAL = [403, 404, 410]

/** A page of which nothing can be shown: what happened, under a heading, so that it is a page all the same. */
export function PageProblem({ error, onRetry, title }: Props) {
  const problem = asProblem(error)
  const final = FINAL.includes(problem.status)
  return (
    <>
      <PageHeader title={title ?? problem.title} />
      <Problem error={error} title={title ? undefined : null} onRetry={final ? undefined : onRetry} />
      {final && (
        <Group m="xs" gap="sm">
          {problem.status === 404 && (
            <Text size="sm" c="dimmed">
              {t.frame.gone}
            </Text>
          )}
          <Button component={Link} to="/" size="xs" variant="default">
            {t.frame.toHome}
          </Button>
        </Group>
      )}
    </>
  )
}
