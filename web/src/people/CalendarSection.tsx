import { Alert, Button, CopyButton, Group, Skeleton, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { closeCalendarMutation, getCalendarOptions, getCalendarQueryKey, openCalendarMutation } from '../api'
import { confirm } from '../parts/confirm'
import { Problem } from '../parts/Problem'
import { sayDone, sayProblem } from '../parts/saying'
import { When } from '../parts/When'
import { Section } from '../settings/Section'
import { calendar as t } from '../text/calendar'

/** The secret address at which a calendar program reads one's events: made, renewed, ended. */
export function CalendarSection() {
  const found = useQuery(getCalendarOptions())
  const cache = useQueryClient()
  const [address, setAddress] = useState<string | null>(null)
  const again = () => cache.invalidateQueries({ queryKey: getCalendarQueryKey() })
  const open = useMutation({
    ...openCalendarMutation(),
    onSuccess: (made) => {
      setAddress(`${window.location.origin}${made.path}`)
      again()
    },
    onError: (error) => sayProblem(error, t.failed),
  })
  const close = useMutation({
    ...closeCalendarMutation(),
    onSuccess: () => {
      setAddress(null)
      sayDone(t.closed)
      again()
    },
    onError: (error) => sayProblem(error, t.failed),
  })
  const isOpen = found.data?.open === true
  const make = async () => {
    if (!isOpen || (await confirm({ title: t.renewTitle, about: t.renewAbout, yes: t.renew })))
      open.mutate({})
  }
  const end = async () => {
    if (await confirm({ title: t.closeTitle, about: t.closeAbout, yes: t.close, danger: true }))
      close.mutate({})
  }
  return (
    <Section title={t.feed} about={t.feedAbout}>
      {found.error && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton height={40} />}
      {address && <Address address={address} />}
      {found.data && (
        <>
          <Text size="sm" c="dimmed">
            {isOpen ? (
              <>
                {t.since}: <When at={found.data.created_at} />
                {' · '}
                {found.data.used_at ? (
                  <>
                    {t.used}: <When at={found.data.used_at} />
                  </>
                ) : (
                  t.never
                )}
              </>
            ) : (
              t.none
            )}
          </Text>
          <Group justify="flex-end">
            {isOpen && (
              <Button variant="subtle" color="red" onClick={end} loading={close.isPending}>
                {t.close}
              </Button>
            )}
            <Button variant="default" onClick={make} loading={open.isPending}>
              {isOpen ? t.renew : t.open}
            </Button>
          </Group>
        </>
      )}
    </Section>
  )
}

function Address({ address }: { address: string }) {
  return (
    <Alert color="blue" data-testid="calendar-address">
      <Text size="sm" mb={6}>
        {t.once}
      </Text>
      <Group gap="xs" wrap="nowrap" align="flex-end">
        <TextInput
          label={t.address}
          value={address}
          readOnly
          flex={1}
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton value={address}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? t.copied : t.copy}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  )
}
