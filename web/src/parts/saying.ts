import { notifications } from '@mantine/notifications'
import { asProblem } from '../api/problem'
import { t } from '../text'

const closeButtonProps = { 'aria-label': t.common.close }

/** A short word that something was done. */
export function sayDone(message: string) {
  notifications.show({ message, color: 'green', autoClose: 4_000, closeButtonProps })
}

/** That something was not done, and why; it stays until it is closed. */
export function sayProblem(error: unknown, title?: string) {
  const problem = asProblem(error)
  const first = problem.problems.map((item) => [item.message, item.suggestion].filter(Boolean).join(' '))
  const message = [problem.message, ...first.slice(0, 3), problem.suggestion].filter(Boolean).join(' ')
  notifications.show({
    title: title ?? problem.title,
    message,
    color: 'red',
    autoClose: 12_000,
    closeButtonProps,
  })
}
