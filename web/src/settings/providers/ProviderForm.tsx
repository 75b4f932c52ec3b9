import { Button, Checkbox, Group, Modal, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { listProvidersQueryKey, type ProviderOut, type ServiceOut, setProviderMutation } from '../../api'
import { asProblem } from '../../api/problem'
import { Problem } from '../../parts/Problem'
import { sayDone } from '../../parts/saying'
import type { ProviderWords } from '../../text/providers'
import { keyFrom } from '../people/keys'

interface Props {
  /** The one that is changed; none: a new one. */
  now: ProviderOut | null
  services: readonly ServiceOut[]
  taken: readonly string[]
  words: ProviderWords
  onClose: () => void
}

const PLACES = ['/name', '/key', '/service', '/address']

/** A provider's name, service and address; the address is never shown again. */
export function ProviderForm({ now, services, taken, words, onClose }: Props) {
  const [name, setName] = useState(now?.name ?? '')
  const [chosen, setChosen] = useState(now?.service ?? services[0]?.key ?? '')
  const [address, setAddress] = useState('')
  const [isDefault, setDefault] = useState(now?.default ?? false)
  const [key, setKey] = useState<string | null>(now?.key ?? null)
  const cache = useQueryClient()
  const save = useMutation({
    ...setProviderMutation(),
    onSuccess: (data) => {
      cache.setQueryData(listProvidersQueryKey(), data)
      sayDone(words.saved(name))
      onClose()
    },
  })
  const problem = save.error ? asProblem(save.error) : null
  const service = services.find((one) => one.key === chosen)
  const ownKey = key ?? freeKey(keyFrom(name), taken)
  const kept = now !== null && now.service === chosen
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const body = { name, service: chosen, default: isDefault, ...(address && { address: address.trim() }) }
    save.mutate({ path: { key: ownKey }, body })
  }
  return (
    <Modal opened onClose={onClose} title={now ? words.editOf(now.name) : words.add} size="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          {problem && !PLACES.some((place) => problem.at(place)) && <Problem error={problem} />}
          <TextInput
            label={words.name}
            description={words.nameAbout}
            required
            data-autofocus
            maxLength={100}
            value={name}
            error={problem?.at('/name')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label={words.key}
            description={words.keyAbout}
            required
            disabled={now !== null}
            pattern="[a-z][a-z0-9_]*"
            maxLength={60}
            value={ownKey}
            error={problem?.at('/key')}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
          <Select
            label={words.service}
            data={services.map((one) => ({ value: one.key, label: one.label }))}
            value={chosen}
            searchable
            allowDeselect={false}
            error={problem?.at('/service')}
            onChange={(next) => next && setChosen(next)}
          />
          <PasswordInput
            label={words.address}
            description={kept ? words.addressKept : service && words.addressLike(service.example)}
            required={!kept}
            autoComplete="new-password"
            maxLength={2000}
            value={address}
            error={problem?.at('/address')}
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
          {service?.self_hosted && (
            <Text size="xs" c="dimmed">
              {words.own}
            </Text>
          )}
          <Checkbox
            label={words.defaultLabel}
            checked={isDefault}
            onChange={(event) => setDefault(event.currentTarget.checked)}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending}>
              {words.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** A key that none has yet: "room", "room_2". */
export function freeKey(key: string, taken: readonly string[]): string {
  if (!key || !taken.includes(key)) return key
  let number = 2
  while (taken.includes(`${key}_${number}`)) number += 1
  return `${key}_${number}`
}
