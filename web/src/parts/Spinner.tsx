import { Loader } from '@mantine/core'

interface Props {
  /** What is waited for, for whoever does not see it turn. */
  label: string
  size?: number | 'xs'
}

/** Something is under way, beside what it is about. A bare Loader is a span, which may have no name. */
export function Spinner({ label, size }: Props) {
  return <Loader size={size} role="img" aria-label={label} />
}
