import { ActionIcon, Button, Grid, Menu, Skeleton, Text } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconDots, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from 'react-router'
import { deleteTemplateMutation, getTemplateOptions, type Template } from '../api'
import { useModules } from '../form/useCatalogue'
import { BackLink } from '../parts/BackLink'
import { confirm } from '../parts/confirm'
import { PageHeader } from '../parts/PageHeader'
import { PageProblem } from '../parts/PageProblem'
import { Problem } from '../parts/Problem'
import { sayDone, sayProblem } from '../parts/saying'
import { t as shared } from '../text'
import { papers } from '../text/documents'
import { templates as t } from '../text/outbox'
import { Conflict } from './templates/Conflict'
import { PdfForm } from './templates/PdfForm'
import { Preview, ShownMail } from './templates/Preview'
import { ShownPdf } from './templates/ShownPdf'
import { usePreviewRecord } from './templates/usePreviewRecord'
import { refreshTemplates, useTemplate } from './templates/useTemplate'
import { useUnsaved } from './templates/useUnsaved'
import { WordsForm } from './templates/WordsForm'

/** One saved template: its words, and how it looks with a real record. */
export function Page() {
  const { key = '' } = useParams()
  const found = useQuery({ ...getTemplateOptions({ path: { key } }), refetchOnWindowFocus: false })
  if (found.error && !found.data) return <PageProblem error={found.error} onRetry={() => found.refetch()} />
  if (!found.data) return <Skeleton h={420} role="status" aria-label={shared.common.loading} />
  return <Editing key={found.data.key} saved={found.data} />
}

function Editing({ saved }: { saved: Template }) {
  const template = useTemplate(saved)
  const { words, dirty, problem, pending } = template
  const shown = usePreviewRecord(saved.module)
  const [Form, Shown] = saved.channel === 'pdf' ? [PdfForm, ShownPdf] : [WordsForm, ShownMail]
  const modules = useModules()
  const kind = papers[saved.channel]
  const module = saved.module && (modules.get(saved.module)?.label_plural ?? saved.module)
  const about = module ? t.ofModule(kind, module) : t.ofNone(kind)
  useUnsaved(dirty)
  useHotkeys([['mod+S', () => dirty && template.save()]], [])
  return (
    <>
      <BackLink to="/templates">{t.back}</BackLink>
      <PageHeader title={words.name || saved.name} about={about}>
        {dirty && (
          <Text size="sm" c="dimmed" role="status">
            {t.unsaved}
          </Text>
        )}
        <More template={saved} />
        <Button onClick={template.save} loading={pending} disabled={!dirty || !words.name.trim()}>
          {t.save}
        </Button>
      </PageHeader>
      {template.theirs && (
        <Conflict theirs={template.theirs} onTheirs={template.takeTheirs} onMine={template.saveMine} />
      )}
      {problem && <Problem error={problem} title={t.notSaved} />}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Form
            module={saved.module}
            record={shown.record}
            words={words}
            onChange={template.change}
            problem={problem}
          />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Preview fixed={saved.module !== null} shown={shown} words={words} Shown={Shown} />
        </Grid.Col>
      </Grid>
    </>
  )
}

function More({ template: { key, name } }: { template: Template }) {
  const navigate = useNavigate()
  const remove = useMutation({
    ...deleteTemplateMutation(),
    onSuccess: () => {
      sayDone(t.deleted(name))
      refreshTemplates()
      navigate('/templates')
    },
    onError: (error) => sayProblem(error, t.notDeleted),
  })
  const ask = async () => {
    const question = { title: t.deleteTitle(name), about: t.deleteAbout, yes: t.delete, danger: true }
    if (await confirm(question)) remove.mutate({ path: { key } })
  }
  return (
    <Menu width={200} returnFocus>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={shared.common.actions} loading={remove.isPending}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item c="var(--mantine-color-error)" leftSection={<IconTrash size={16} />} onClick={ask}>
          {t.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
