import { Group, NumberInput, Select } from '@mantine/core'
import type { ImportPreview } from '../../api'
import { records as t } from '../../text/records'
import type { Reading } from './MapColumns'

const ENCODINGS = [
  'utf-8',
  'utf-16',
  'windows-1252',
  'windows-1250',
  'windows-1251',
  'windows-1253',
  'iso-8859-7',
] as const
const DELIMITERS = [
  { value: ',', label: t.importComma },
  { value: ';', label: t.importSemicolon },
  { value: '\t', label: t.importTab },
  { value: '|', label: t.importBar },
] as const

interface Props {
  preview: ImportPreview
  reading: Reading
  onChange: (reading: Reading) => void
}

/** How the file was read, to be put right where that was guessed wrong. */
export function ReadingChoices({ preview, reading, onChange }: Props) {
  return (
    <Group gap="md" align="flex-end">
      {preview.format === 'workbook' && preview.sheets.length > 0 && (
        <Select
          size="xs"
          w={220}
          label={t.importSheet}
          data={preview.sheets}
          value={preview.sheet}
          onChange={(sheet) => onChange({ ...reading, sheet })}
        />
      )}
      {preview.format === 'csv' && (
        <>
          <Select
            size="xs"
            w={150}
            label={t.importDelimiter}
            data={[...DELIMITERS]}
            value={preview.delimiter}
            onChange={(value) =>
              onChange({ ...reading, delimiter: DELIMITERS.find((one) => one.value === value)?.value })
            }
          />
          <Select
            size="xs"
            w={150}
            label={t.importEncoding}
            data={[...ENCODINGS]}
            value={preview.encoding}
            onChange={(value) => onChange({ ...reading, encoding: ENCODINGS.find((one) => one === value) })}
          />
        </>
      )}
      <NumberInput
        size="xs"
        w={150}
        label={t.importHeaderRow}
        min={0}
        max={1000}
        value={preview.header_row}
        onChange={(value) => typeof value === 'number' && onChange({ ...reading, header_row: value })}
      />
    </Group>
  )
}
