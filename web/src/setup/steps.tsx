import { Checkbox, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core'
import type { ApiProblem } from '../api/problem'
import { setup as words } from '../text/setup'
import { type Answers, timeZones, tokenIn } from './answers'

interface StepProps {
  answers: Answers
  problem: ApiProblem | null
  set: (change: Partial<Answers>) => void
}

/** Who the administrator is. The token is asked for only if the address did not bring it. */
export function PersonStep({ answers, problem, set }: StepProps) {
  const fromAddress = tokenIn(window.location.hash) !== ''
  return (
    <>
      <Text size="sm">{words.you}</Text>
      {!fromAddress && (
        <TextInput
          label={words.token}
          description={words.tokenAbout}
          required
          autoComplete="off"
          value={answers.token}
          error={problem?.at('/token')}
          onChange={(event) => set({ token: event.currentTarget.value })}
        />
      )}
      <TextInput
        label={words.name}
        required
        autoComplete="name"
        value={answers.name}
        error={problem?.at('/name')}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        label={words.email}
        type="email"
        required
        autoComplete="username"
        value={answers.email}
        error={problem?.at('/email')}
        onChange={(event) => set({ email: event.currentTarget.value })}
      />
      <PasswordInput
        label={words.password}
        description={words.passwordAbout}
        required
        autoComplete="new-password"
        minLength={10}
        value={answers.password}
        error={problem?.at('/password')}
        onChange={(event) => set({ password: event.currentTarget.value })}
      />
    </>
  )
}

/** What the organisation is called, and what time it is there. */
export function OrganisationStep({ answers, problem, set }: StepProps) {
  return (
    <>
      <TextInput
        label={words.organisation}
        description={words.organisationAbout}
        autoComplete="organization"
        value={answers.organisation}
        error={problem?.at('/organisation')}
        onChange={(event) => set({ organisation: event.currentTarget.value })}
      />
      <Select
        label={words.timeZone}
        description={words.timeZoneAbout}
        searchable
        data={timeZones()}
        value={answers.timeZone}
        error={problem?.at('/time_zone')}
        onChange={(timeZone) => set({ timeZone: timeZone ?? 'UTC' })}
      />
    </>
  )
}

/** Ready-made packs, or nothing. */
export function PacksStep({
  answers,
  set,
  packs,
}: StepProps & { packs: { key: string; name: string; description: string }[] }) {
  const toggle = (key: string, on: boolean) =>
    set({ packs: on ? [...answers.packs, key] : answers.packs.filter((other) => other !== key) })
  return (
    <Stack gap="xs">
      <Text size="sm">{words.packs}</Text>
      {packs.map((pack) => (
        <Checkbox.Card
          key={pack.key}
          p="sm"
          checked={answers.packs.includes(pack.key)}
          onChange={(on) => toggle(pack.key, on)}
          aria-label={pack.name}
        >
          <Choice name={pack.name} about={pack.description} />
        </Checkbox.Card>
      ))}
      <Checkbox.Card
        p="sm"
        checked={answers.packs.length === 0}
        onChange={() => set({ packs: [] })}
        aria-label={words.noPacks}
      >
        <Choice name={words.noPacks} about={words.noPacksAbout} />
      </Checkbox.Card>
    </Stack>
  )
}

function Choice({ name, about }: { name: string; about: string }) {
  return (
    <span style={{ display: 'flex', gap: 12, alignItems: 'flex-start' }}>
      <Checkbox.Indicator mt={2} />
      <span>
        <Text size="sm" fw={600} component="span" display="block">
          {name}
        </Text>
        <Text size="sm" c="dimmed" component="span">
          {about}
        </Text>
      </span>
    </span>
  )
}
