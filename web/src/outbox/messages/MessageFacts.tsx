import { Anchor, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { WholeMessage } from '../../api'
import { When } from '../../parts/When'
import { format } from '../../text'
import { outbox as t } from '../../text/outbox'
import classes from './Messages.module.css'
import { messageOf } from './reasons'

/** Where a message comes from, and what was tried. */
export function MessageFacts({ message }: { message: WholeMessage }) {
  const { workflow, workflow_name, run_id, created_at, due_at, sent_at, attempts, error, status } = message
  const facts: [string, ReactNode][] = [
    [t.drawer.workflow, workflow && <To path={`/workflows/${workflow}`}>{workflow_name}</To>],
    [t.drawer.run, run_id && <To path={`/runs/${run_id}`}>{t.drawer.openRun(run_id)}</To>],
    [t.drawer.written, <When key="written" at={created_at} exact />],
    [t.drawer.due, status === 'queued' && due_at && <When at={due_at} exact />],
    [t.drawer.sent, sent_at && <When at={sent_at} exact />],
    [t.drawer.attempts, attempts > 0 && format.number(attempts)],
    [t.drawer.error, messageOf(error)],
  ]
  return (
    <section>
      <Title order={3} mb={6}>
        {t.drawer.about}
      </Title>
      <dl className={classes.facts}>
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <Fact key={name} name={name}>
              {value}
            </Fact>
          ))}
      </dl>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function To({ path, children }: { path: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={path} size="sm">
      {children}
    </Anchor>
  )
}
