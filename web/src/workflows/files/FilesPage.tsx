import { Stack } from '@mantine/core'
import { BackLink } from '../../parts/BackLink'
import { PageHeader } from '../../parts/PageHeader'
import { files as t } from '../../text/files'
import { BringFiles } from './BringFiles'
import { Done } from './Done'
import { Plan } from './Plan'
import { TakeFiles } from './TakeFiles'
import { useFiles } from './useFiles'

/** Workflows, playbooks and what belongs to them as YAML files: brought in after a look, and written out. */
export function Page() {
  const files = useFiles()
  return (
    <>
      <BackLink to="/workflows">{t.back}</BackLink>
      <PageHeader title={t.title} about={t.about} />
      {files.done ? (
        <Done done={files.done} onAgain={files.again} />
      ) : files.plan ? (
        <Plan files={files} plan={files.plan} />
      ) : (
        <Stack gap="md">
          <BringFiles files={files} />
          <TakeFiles />
        </Stack>
      )}
    </>
  )
}
