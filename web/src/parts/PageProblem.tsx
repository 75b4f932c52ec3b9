import { asProblem } from '../api/problem'
import { PageHeader } from './PageHeader'
import { Problem } from './Problem'

interface Props {
  error: unknown
  onRetry: () => void
  /** What it is called on this page; left out: as the error is. */
  title?: string
}

/** A page of which nothing can be shown: what happened, under a heading, so that it is a page all the same. */
export function PageProblem({ error, onRetry, title }: Props) {
  return (
    <>
      <PageHeader title={title ?? asProblem(error).title} />
      <Problem error={error} onRetry={onRetry} />
    </>
  )
}
