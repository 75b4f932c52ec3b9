import { Button, Group, Loader, Paper, Text } from '@mantine/core'
import { IconDownload, IconFileSpreadsheet, IconTableExport } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Link } from 'react-router'
import { api } from '../../api'
import { Problem } from '../../parts/Problem'
import { sayDone, sayProblem } from '../../parts/saying'
import { nameIn, saveFile } from '../../records/list/exporting'
import classes from '../../records/record/Documents.module.css'
import { planning as t } from '../../text/planning'
import type { Planning } from './usePlanning'

const WAYS = {
  template: () => api.getPlanningTemplate({ parseAs: 'blob', throwOnError: true }),
  export: () => api.exportPlanningSheet({ parseAs: 'blob', throwOnError: true }),
}

/** The first step: get the template, bring back what was filled in. */
export function UploadSheet({ planning }: { planning: Planning }) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const save = useMutation({
    mutationFn: async (way: keyof typeof WAYS) => {
      const { data, response } = await WAYS[way]()
      const name = nameIn(response?.headers.get('Content-Disposition') ?? null, `${way}.xlsx`)
      saveFile(data as unknown as Blob, name)
    },
    onSuccess: () => sayDone(t.saved),
    onError: (error) => sayProblem(error, t.notSaved),
  })
  const send = (file: File | undefined) => file && planning.read.mutate({ file })
  return (
    <Paper className="surface" p="lg">
      <button
        type="button"
        className={classes.drop}
        style={{ minHeight: 160, flexDirection: 'column' }}
        data-over={over || undefined}
        disabled={planning.read.isPending}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          send(event.dataTransfer.files[0])
        }}
      >
        <IconFileSpreadsheet size={32} stroke={1.4} aria-hidden />
        {t.drop}
      </button>
      <input
        ref={input}
        type="file"
        accept=".xlsx,.xls,.ods,.csv,.tsv,text/csv"
        hidden
        aria-label={t.drop}
        onChange={(event) => {
          send(event.currentTarget.files?.[0])
          event.currentTarget.value = ''
        }}
      />
      <Text size="sm" c="dimmed" mt="sm">
        {t.dropAbout}
      </Text>
      {planning.read.isPending && (
        <Group gap="xs" mt="sm" role="status">
          <Loader size="xs" />
          <Text size="sm">{t.reading(planning.file?.name ?? '')}</Text>
        </Group>
      )}
      {planning.read.error && <Problem error={planning.read.error} title={t.notRead} />}
      <Group mt="md" gap="xs">
        <Button
          variant="default"
          leftSection={<IconDownload size={16} />}
          loading={save.isPending && save.variables === 'template'}
          onClick={() => save.mutate('template')}
        >
          {t.template}
        </Button>
        <Button
          variant="default"
          leftSection={<IconTableExport size={16} />}
          loading={save.isPending && save.variables === 'export'}
          onClick={() => save.mutate('export')}
        >
          {t.exporting}
        </Button>
        <Button component={Link} to="/files" variant="subtle">
          {t.files}
        </Button>
      </Group>
    </Paper>
  )
}
