import { useQuery } from '@tanstack/react-query'
import { listSecretsOptions } from '../api'
import { connections as t } from '../text/connections'
import { KeySelect } from './KeySelect'
import type { InputProps } from './types'

/** One of the secrets that workflows may sign in with, by its name and the server that it is for. */
export function SecretSelect(input: InputProps<string | null>) {
  const found = useQuery({ ...listSecretsOptions({ query: { limit: 200 } }), staleTime: 30_000 })
  const items = found.data?.items.map(({ key, host }) => ({ key, name: t.option(key, host) }))
  return <KeySelect items={items} placeholder={t.choose} none={t.noSecrets} {...input} />
}
