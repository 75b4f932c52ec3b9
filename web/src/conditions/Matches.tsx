import { Anchor, Group, Text } from '@mantine/core'
import { Link } from 'react-router'
import { Spinner } from '../parts/Spinner'
import { conditions as t } from '../text/conditions'
import classes from './conditions.module.css'
import type { Known } from './useMatches'

/** "Matches 42 of 1,310 records now", and a few of them. */
export function Matches({ known, module }: { known: Known; module: string }) {
  const { state, found } = known
  const words = said(known)
  return (
    <div
      className={words ? classes.matches : undefined}
      aria-live="polite"
      aria-busy={state === 'counting'}
      data-testid="matches"
    >
      <Group gap={6} wrap="nowrap">
        {state === 'counting' && <Spinner size={11} label={t.counting} />}
        <Text size="xs" c="dimmed">
          {words}
        </Text>
      </Group>
      {found && found.examples.length > 0 && state !== 'unfinished' && (
        <Text size="xs" c="dimmed" lineClamp={2}>
          {t.examples}{' '}
          {found.examples.slice(0, 4).map((one, at) => (
            <span key={one.id}>
              {at > 0 && ', '}
              <Anchor
                component={Link}
                to={`/records/${module}/${encodeURIComponent(one.id)}`}
                target="_blank"
                inherit
                c="inherit"
                underline="always"
              >
                {one.title || one.id}
              </Anchor>
            </span>
          ))}
        </Text>
      )}
    </div>
  )
}

function said({ state, found, problems }: Known): string {
  if (state === 'unfinished') return t.finish
  if (state === 'needs-run') return t.needsRun
  if (state === 'wrong') return problems.some((one) => one.path === '') ? (problems[0]?.message ?? '') : ''
  if (!found) return t.counting
  if (found.count === found.total && !found.atLeast) return t.everyRecord(found.total)
  return t.matches(found.count, found.total, found.atLeast)
}
