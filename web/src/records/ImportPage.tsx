import { Anchor, Skeleton, Stepper } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useParams, useSearchParams } from 'react-router'
import { type DocumentOut, listModulesOptions, type ModuleOut, type NewImport } from '../api'
import { may, useMe } from '../app/useMe'
import { PageHeader } from '../parts/PageHeader'
import { PageProblem } from '../parts/PageProblem'
import { records as t } from '../text/records'
import { DryRun } from './importing/DryRun'
import { MapColumns } from './importing/MapColumns'
import { Progressing } from './importing/Progressing'
import { UploadStep } from './importing/UploadStep'
import { useModule } from './model'
import { NoModule } from './RecordPage'

/** Brings a file into a module, step by step: upload, mapping, trying, importing. */
export function Page() {
  const { module: key = '' } = useParams()
  const me = useMe()
  const module = useModule(key)
  const modules = useQuery(listModulesOptions())
  if (modules.error) return <PageProblem error={modules.error} onRetry={() => modules.refetch()} />
  if (module === undefined) return <Skeleton h={300} />
  const allowed = module && !module.read_only && (may(me, 'create', key) || may(me, 'update', key))
  if (!module || !allowed) return <NoModule />
  return <Steps key={key} module={module} />
}

function Steps({ module }: { module: ModuleOut }) {
  const [params, setParams] = useSearchParams()
  const [document, setDocument] = useState<DocumentOut | null>(null)
  const [order, setOrder] = useState<NewImport | null>(null)
  const [back, setBack] = useState(false)
  // The import itself is in the address, so that a reload finds it again.
  const running = Number(params.get('import')) || null
  const step = running ? 3 : order && !back ? 2 : document ? 1 : 0
  const again = () => {
    setDocument(null)
    setOrder(null)
    setParams({})
  }
  return (
    <>
      <PageHeader
        title={t.importTitle(module.label_plural)}
        about={
          <Anchor component={Link} to={`/records/${module.key}`} size="sm">
            {t.toList(module.label_plural)}
          </Anchor>
        }
      />
      <Stepper active={step} size="sm" mb="md" allowNextStepsSelect={false}>
        {t.importSteps.map((label, index) => (
          <Stepper.Step key={label} label={label} data-testid={`import-step-${index + 1}`} />
        ))}
      </Stepper>
      {step === 0 && <UploadStep onUploaded={setDocument} />}
      {document && (step === 1 || step === 2) && (
        <div hidden={step !== 1}>
          <MapColumns
            module={module}
            document={document}
            onOther={again}
            onMapped={(mapped) => {
              setOrder(mapped)
              setBack(false)
            }}
          />
        </div>
      )}
      {order && step === 2 && (
        <DryRun
          key={JSON.stringify(order)}
          module={module}
          order={order}
          onBack={() => setBack(true)}
          onStarted={(id) => setParams({ import: String(id) })}
        />
      )}
      {running && <Progressing module={module} id={running} onAgain={again} />}
    </>
  )
}
