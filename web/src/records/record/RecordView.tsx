import { Alert, Box, Grid, Paper } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Suspense, useState } from 'react'
import { asProblem, listRecordsOptions, type ModuleOut, type RecordOut } from '../../api'
import { lazy } from '../../app/lazy'
import { may, useMe } from '../../app/useMe'
import { sayDone, sayProblem } from '../../parts/saying'
import { records as t } from '../../text/records'
import { RecordForm } from '../fields/RecordForm'
import { maySet, type Titles, type Values, whereKey } from '../model'
import { ConflictDialog } from './ConflictDialog'
import { unmended, Whole } from './NewRecord'
import { RecordHeader } from './RecordHeader'
import { SaveBar } from './SaveBar'
import { SidePanel } from './SidePanel'
import { StageBar } from './StageBar'
import { type Conflict, useSave } from './saving'
import { useDraft } from './useDraft'
import { useLeaveWarning } from './useLeaveWarning'

const RecordPlaybooks = lazy(() =>
  import('../../playbooks/tracks/RecordPlaybooks').then((one) => ({ default: one.RecordPlaybooks })),
)

/** A record that is there: header, stage, form, and at the side what happened and what belongs to it. */
export function RecordView({ module, record }: { module: ModuleOut; record: RecordOut }) {
  const me = useMe()
  const draft = useDraft(record)
  const titles = useTitles(module, record)
  const save = useSave(module)
  const [saving, setSaving] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [mended, setMended] = useState<string[]>([])
  const [conflict, setConflict] = useState<Conflict | null>(null)
  useLeaveWarning(draft.dirty)
  const editable = !module.read_only && may(me, 'update', module.key)
  const stage = module.fields.find((field) => field.type === 'stage')
  const send = async (base: RecordOut, edits: Values) => {
    setSaving(true)
    setMended([])
    try {
      const saved = await save(base, edits)
      setError(null)
      if ('conflict' in saved) return setConflict(saved.conflict)
      draft.clear()
      sayDone(saved.merged ? t.merged : t.saved)
    } catch (problem) {
      setError(problem)
      if (asProblem(problem).problems.length === 0) sayProblem(problem, t.notSaved)
    } finally {
      setSaving(false)
    }
  }
  const resolve = (chosen: Conflict, edits: Values) => {
    setConflict(null)
    if (Object.keys(edits).length === 0) return draft.clear()
    draft.keep(chosen.current, edits)
    send(chosen.current, edits)
  }
  const problem = error ? asProblem(error) : null
  return (
    <Box
      onKeyDown={(event) => {
        if (event.key.toLowerCase() === 's' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault()
          if (draft.dirty) send(draft.base, draft.edits)
        }
      }}
    >
      <RecordHeader
        module={module}
        record={record}
        titles={titles}
        dirty={draft.dirty}
        onGone={draft.clear}
      />
      {stage && stage.key in record.values && (
        <StageBar
          field={stage}
          value={draft.values[stage.key]}
          disabled={!maySet(module, stage, me, 'update')}
          onChange={(value) => draft.change(stage.key, value)}
        />
      )}
      {module.read_only && (
        <Alert color="gray" mb="sm" py={6}>
          {t.readOnlyModule}
        </Alert>
      )}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 7.5 }}>
          <Suspense fallback={null}>
            <RecordPlaybooks module={module} record={record} />
          </Suspense>
          <Paper className="surface" p="md">
            {problem && <Whole problem={problem} module={module} />}
            <form
              noValidate
              onSubmit={(event) => {
                event.preventDefault()
                if (draft.dirty) send(draft.base, draft.edits)
              }}
            >
              <RecordForm
                module={module}
                action="update"
                values={draft.values}
                onChange={(key, value) => {
                  draft.change(key, value)
                  setMended((before) => [...before, key])
                }}
                titles={titles}
                problems={unmended(problem?.problems, mended)}
                disabled={saving || !editable}
                leaveOut={stage ? [stage.key] : []}
              />
              {draft.dirty && (
                <SaveBar
                  count={Object.keys(draft.edits).length}
                  saving={saving}
                  onDiscard={() => {
                    draft.clear()
                    setError(null)
                  }}
                />
              )}
            </form>
          </Paper>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4.5 }}>
          <SidePanel module={module} record={record} />
        </Grid.Col>
      </Grid>
      {conflict && (
        <ConflictDialog
          module={module}
          conflict={conflict}
          onChosen={(edits) => resolve(conflict, edits)}
          onClose={() => setConflict(null)}
        />
      )}
    </Box>
  )
}

/** What names the records that this one refers to. */
function useTitles(module: ModuleOut, record: RecordOut): Titles {
  const where = whereKey(module, [record.id])
  const references = module.fields.filter((field) => field.type === 'reference' || field.type === 'user')
  const found = useQuery({
    ...listRecordsOptions({
      path: { module: module.key },
      query: {
        where: JSON.stringify(where),
        fields: references
          .map((field) => field.key)
          .filter((key) => key in record.values)
          .join(','),
        titles: true,
        limit: 1,
      },
    }),
    enabled: where !== null && references.length > 0,
    placeholderData: (before) => before,
  })
  return found.data?.titles ?? {}
}
