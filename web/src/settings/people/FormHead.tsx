import { Alert, List, Text } from '@mantine/core'
import type { ApiProblem } from '../../api'
import { Problem } from '../../parts/Problem'
import { people } from '../../text/people'

/** What one sees of a thing, line by line: what it is called, and how it is shown. */
export type Shown<T> = [label: string, of: (thing: T) => string][]

interface Props<T> {
  problem: ApiProblem | null
  opened: T | null
  theirs: T | null
  shown: Shown<T>
}

/** What is wrong with a form; where somebody else was quicker, what they changed. */
export function FormHead<T>({ problem, opened, theirs, shown }: Props<T>) {
  if (!problem) return null
  if (!opened || !theirs || !problem.conflict) return <Problem error={problem} />
  const changed = shown.filter(([, of]) => of(opened) !== of(theirs))
  return (
    <Alert color="orange" title={people.conflict} role="alert">
      <Text size="sm">{people.conflictAbout}</Text>
      <List size="sm" mt="xs">
        {changed.map(([label, of]) => (
          <List.Item key={label}>{people.changedTo(label, of(theirs))}</List.Item>
        ))}
      </List>
    </Alert>
  )
}
