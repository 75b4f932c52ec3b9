import { Group, Loader, Paper, Text, Title } from '@mantine/core'
import { IconFileUpload } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { Problem } from '../../parts/Problem'
import classes from '../../records/record/Documents.module.css'
import { files as t } from '../../text/files'
import type { Files } from './useFiles'

/** The first step: YAML files or an archive, dropped or chosen. */
export function BringFiles({ files }: { files: Files }) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const { read } = files
  const send = (chosen: FileList | null) => chosen && chosen.length > 0 && files.look([...chosen])
  return (
    <Paper className="surface" p="lg">
      <Title order={2} mb="sm">
        {t.bring}
      </Title>
      <button
        type="button"
        className={classes.drop}
        style={{ minHeight: 140, flexDirection: 'column' }}
        data-over={over || undefined}
        disabled={read.isPending}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          send(event.dataTransfer.files)
        }}
      >
        <IconFileUpload size={32} stroke={1.4} aria-hidden />
        {t.drop}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        accept=".yaml,.yml,.zip,.json,application/yaml,application/zip"
        hidden
        aria-label={t.drop}
        onChange={(event) => {
          send(event.currentTarget.files)
          event.currentTarget.value = ''
        }}
      />
      <Text size="sm" c="dimmed" mt="sm">
        {t.dropAbout}
      </Text>
      {read.isPending && (
        <Group gap="xs" mt="sm" role="status">
          <Loader size="xs" />
          <Text size="sm">{t.reading(files.sent.map((file) => file.name))}</Text>
        </Group>
      )}
      {read.error && <Problem error={read.error} title={t.notRead} />}
    </Paper>
  )
}
