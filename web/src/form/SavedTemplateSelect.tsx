import { useQuery } from '@tanstack/react-query'
import { listTemplatesOptions, type Template } from '../api'
import { form as t } from '../text/form'
import { KeySelect } from './KeySelect'
import type { InputProps } from './types'

interface Props extends InputProps<string | null> {
  /** Templates of mails, or of PDFs. */
  channel?: Template['channel']
}

/** One of the saved templates. */
export function SavedTemplateSelect({ channel = 'email', ...input }: Props) {
  const found = useQuery({ ...listTemplatesOptions({ query: { limit: 200, channel } }), staleTime: 30_000 })
  return (
    <KeySelect items={found.data?.items} placeholder={t.chooseTemplate} none={t.noTemplates} {...input} />
  )
}
