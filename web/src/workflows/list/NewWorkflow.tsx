import { Anchor, Button, Group, Modal, Select, Stack, Tabs, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import {
  type ApiProblem,
  asProblem,
  createWorkflowMutation,
  listModulesOptions,
  type NewWorkflow as ToCreate,
} from '../../api'
import { Problem } from '../../parts/Problem'
import { t as shared } from '../../text'
import { workflows as t } from '../../text/workflows'
import { CategorySelect } from './CategorySelect'
import { FilePick } from './FilePick'
import { startingWith } from './file'
import { TriggerCards } from './TriggerCards'
import { refreshWorkflows } from './useChanges'
import type { Category } from './wanted'

const ABOUT_NO_RECORD = '-'

/** A new workflow: a name, its module, and what starts it; or one from a file. Ends in the editor. */
export function NewWorkflow({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [module, setModule] = useState<string | null>(null)
  const [category, setCategory] = useState<Category | null>(null)
  const [trigger, setTrigger] = useState('record_created')
  const [file, setFile] = useState<ToCreate | null>(null)
  const [how, setHow] = useState('scratch')
  const [tried, setTried] = useState(false)
  const create = useMutation({
    ...createWorkflowMutation(),
    onSuccess: (made) => {
      refreshWorkflows()
      navigate(`/workflows/${made.key}`)
    },
  })
  const missing = {
    name: name.trim() ? null : t.new.nameNeeded,
    module: module ? null : t.new.moduleNeeded,
    file: how === 'file' && !file ? t.new.filePick : null,
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (missing.name || missing.module || missing.file) return
    const document = how === 'file' ? file?.document : startingWith(trigger)
    const about = module === ABOUT_NO_RECORD ? null : module
    const description = how === 'file' ? file?.description : ''
    create.mutate({ body: { name: name.trim(), module: about, category, description, document } })
  }
  const take = (read: ToCreate | null) => {
    setFile(read)
    if (!read) return
    setName(read.name)
    setModule(read.module ?? ABOUT_NO_RECORD)
    setCategory(read.category ?? null)
  }
  const problem = create.error ? asProblem(create.error) : null
  return (
    <Modal opened onClose={onClose} title={t.new.title} size={860}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Tabs value={how} onChange={(value) => setHow(value ?? 'scratch')} keepMounted={false}>
            <Tabs.List aria-label={t.new.how}>
              <Tabs.Tab value="scratch">{t.new.fromTrigger}</Tabs.Tab>
              <Tabs.Tab value="file">{t.new.fromFile}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="scratch" pt="sm">
              <TriggerCards value={trigger} onChange={setTrigger} />
            </Tabs.Panel>
            <Tabs.Panel value="file" pt="sm">
              <FilePick onRead={take} fault={tried ? missing.file : null} />
            </Tabs.Panel>
          </Tabs>
          <Text size="sm">
            {t.new.other}{' '}
            <Anchor component={Link} to="/gallery" size="sm">
              {t.new.gallery}
            </Anchor>
            {' · '}
            <Anchor component={Link} to="/wizard" size="sm">
              {t.new.wizard}
            </Anchor>
          </Text>
          <Group grow align="flex-start">
            <ModuleSelect
              value={module}
              onChange={setModule}
              error={(tried && missing.module) || problem?.at('/module')}
            />
            <CategorySelect value={category} onChange={setCategory} />
          </Group>
          <NameField
            value={name}
            onChange={setName}
            module={module}
            error={(tried && missing.name) || problem?.at('/name')}
          />
          {problem && <NotCreated problem={problem} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t.new.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function NotCreated({ problem }: { problem: ApiProblem }) {
  return <Problem error={problem} title={t.new.notCreated} />
}

interface ModuleProps {
  value: string | null
  onChange: (module: string | null) => void
  error: string | false | undefined
}

function useModules() {
  const modules = useQuery(listModulesOptions())
  return modules.data?.items.filter((module) => !module.parent_field)
}

function ModuleSelect({ value, onChange, error }: ModuleProps) {
  const modules = useModules()
  const options = (modules ?? []).map((module) => ({ value: module.key, label: module.label_plural }))
  const none = modules?.every((module) => module.system)
  return (
    <Select
      label={t.new.module}
      description={t.new.moduleHint}
      data={[...options, { value: ABOUT_NO_RECORD, label: t.new.moduleNone }]}
      value={value}
      onChange={onChange}
      error={error}
      withAsterisk
      searchable
      inputWrapperOrder={['label', 'description', 'input', 'error']}
      rightSectionPointerEvents="none"
      {...(none && { error: <NoModules /> })}
    />
  )
}

function NoModules() {
  return (
    <Text size="xs" component="span">
      {t.new.noModules}{' '}
      <Anchor component={Link} to="/settings/modules" size="xs">
        {t.new.addModule}
      </Anchor>
    </Text>
  )
}

interface NameProps {
  value: string
  onChange: (name: string) => void
  module: string | null
  error: string | false | undefined
}

function NameField({ value, onChange, module, error }: NameProps) {
  const label = useModules()?.find((item) => item.key === module)?.label ?? t.new.module
  return (
    <TextInput
      label={t.new.name}
      description={t.new.nameHint}
      placeholder={t.new.namePlaceholder(label)}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      maxLength={200}
      withAsterisk
    />
  )
}
