import { Select } from '@mantine/core'
import { form as t } from '../text/form'
import type { FormContext, InputProps } from './types'
import { useNames } from './useNames'

interface Props extends InputProps<string | null> {
  context: FormContext
}

const DOCUMENT = /^nodes\.[^.]+\.document_id$/

/** One of the earlier blocks that make a document. */
export function DocumentBlockSelect({ context, value, onChange, required, ...input }: Props) {
  const { names } = useNames(context, '')
  const data = names.flatMap(({ path, name, group }) => {
    const found = [path, name].find((one) => one && DOCUMENT.test(one))
    return found ? [{ value: found, label: group }] : []
  })
  if (value && !data.some((one) => one.value === value)) data.push({ value, label: t.gone(value) })
  return (
    <Select
      data={data}
      value={value || null}
      onChange={onChange}
      clearable={!required}
      withAsterisk={required}
      placeholder={t.chooseDocumentBlock}
      nothingFoundMessage={t.noDocumentBlock}
      {...input}
    />
  )
}
