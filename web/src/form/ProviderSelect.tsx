import { useQuery } from '@tanstack/react-query'
import { listProvidersOptions, type ProviderOut } from '../api'
import { form as t } from '../text/form'
import { KeySelect } from './KeySelect'
import type { InputProps } from './types'

interface Props extends InputProps<string | null> {
  kind: ProviderOut['kind']
}

/** One of the providers of text or chat messages; none: the one used by default, which is named. */
export function ProviderSelect({ kind, ...input }: Props) {
  const found = useQuery({ ...listProvidersOptions(), staleTime: 30_000 })
  const items = found.data?.items.filter((item) => item.kind === kind)
  const usual = items?.find((item) => item.default)
  const words = t.provider[kind]
  return (
    <KeySelect
      items={items}
      placeholder={usual ? t.provider.usual(usual.name) : words.none}
      none={words.none}
      {...input}
    />
  )
}
