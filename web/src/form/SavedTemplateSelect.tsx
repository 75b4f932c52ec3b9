import { useQuery } from '@tanstack/react-query'
import { listTemplatesOptions } from '../api'
import { form as t } from '../text/form'
import { KeySelect } from './KeySelect'
import type { InputProps } from './types'

/** One of the saved templates of mails. */
export function SavedTemplateSelect(input: InputProps<string | null>) {
  const found = useQuery({ ...listTemplatesOptions({ query: { limit: 200 } }), staleTime: 30_000 })
  return (
    <KeySelect items={found.data?.items} placeholder={t.chooseTemplate} none={t.noTemplates} {...input} />
  )
}
