import { Anchor, Group, List, Text } from '@mantine/core'
import { IconArrowRight, IconCircleCheck, IconHelpCircle, IconRefreshAlert } from '@tabler/icons-react'
import { Link } from 'react-router'
import type { ReviewOut } from '../../api'
import { format, t as shared } from '../../text'
import { publish as t } from '../../text/trust'
import classes from './publish.module.css'
import { Section } from './Section'

const SIGNS = { cannot_loop: IconCircleCheck, can_loop: IconRefreshAlert, cannot_tell: IconHelpCircle }

interface CirclesProps {
  termination: ReviewOut['termination']
  /** The key of the workflow that is reviewed. */
  own: string
}

/** Whether it can start itself again, and by which way: a chain of workflows. */
export function Circles({ termination, own }: CirclesProps) {
  const { verdict, sentence, path } = termination
  const Sign = SIGNS[verdict]
  return (
    <div className={classes.circles} data-verdict={verdict} data-testid="termination">
      <Group gap={8} wrap="nowrap" align="flex-start">
        <Sign size={19} stroke={1.8} className={classes.verdict} aria-hidden />
        <Text size="sm">
          <b>{t.verdicts[verdict]}.</b> {sentence}
        </Text>
      </Group>
      {path.length > 0 && (
        <ol className={classes.chain}>
          {path.map((link, index) => (
            <li key={`${link.key} ${String(index)}`} className={classes.step}>
              {link.key === own ? (
                <b className={classes.link}>{t.thisWorkflow}</b>
              ) : (
                <span className={classes.link}>{link.name}</span>
              )}
              <span className={classes.writes}>
                {t.writes(link.label)} <IconArrowRight size={14} aria-hidden />
              </span>
            </li>
          ))}
          <li className={classes.writes}>{t.again}</li>
        </ol>
      )}
    </div>
  )
}

/** The runs that are under way, and on which version they finish. */
export function Flying({ runs }: { runs: ReviewOut['in_flight'] }) {
  if (runs.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.noneInFlight}
      </Text>
    )
  return (
    <List size="sm" spacing={2}>
      {runs.map((one) => (
        <List.Item key={`${one.version} ${one.status}`}>
          {t.inFlightOn(
            one.runs,
            (shared.common.status[one.status] ?? one.status).toLowerCase(),
            one.version,
          )}
        </List.Item>
      ))}
    </List>
  )
}

/** What holds its messages back. */
export function Caps({ caps }: { caps: string[] }) {
  return (
    <List size="sm" spacing={2}>
      {caps.map((cap) => (
        <List.Item key={cap}>{cap}</List.Item>
      ))}
    </List>
  )
}

/** How many workflows there may be; left out where there is no limit. */
export function Quota({ review }: { review: ReviewOut }) {
  const { active_and_disabled: all, scheduled } = review.quotas
  if (all.limit === null && scheduled.limit === null) return null
  return (
    <Section title={t.quota}>
      {all.limit !== null && (
        <Text size="sm" c={all.full ? 'var(--mantine-color-error)' : undefined}>
          {t.quotaOf(format.number(all.used), format.number(all.limit))}
        </Text>
      )}
      {scheduled.limit !== null && (
        <Text size="sm">
          {t.quotaScheduled(format.number(scheduled.used), format.number(scheduled.limit))}
        </Text>
      )}
      {all.full && (
        <Anchor component={Link} to="/settings/limits" size="sm">
          {shared.frame.settings}
        </Anchor>
      )}
    </Section>
  )
}
