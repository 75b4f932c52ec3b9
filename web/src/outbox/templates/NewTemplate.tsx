import { Button, Group, Input, Modal, SegmentedControl, Select, Stack, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useNavigate } from 'react-router'
import { asProblem, createTemplateMutation, listModulesOptions, type Template } from '../../api'
import { Problem } from '../../parts/Problem'
import { t as shared } from '../../text'
import { papers } from '../../text/documents'
import { templates as t } from '../../text/outbox'
import { freeKey } from './key'
import { type Sample, samples } from './samples'
import { refreshTemplates } from './useTemplate'

const SAMPLES: { value: Sample; label: string }[] = [
  { value: 'empty', label: papers.sampleEmpty },
  { value: 'invoice', label: papers.sampleInvoice },
  { value: 'letter', label: papers.sampleLetter },
  { value: 'certificate', label: papers.sampleCertificate },
]

/** A new template: what it is called and whose fields it may use; it is written on its own page. */
export function NewTemplate({ taken, onClose }: { taken: readonly string[]; onClose: () => void }) {
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [channel, setChannel] = useState<Template['channel']>('email')
  const [sample, setSample] = useState<Sample>('empty')
  const [module, setModule] = useState<string | null>(null)
  const modules = useQuery(listModulesOptions())
  const choices = (modules.data?.items ?? [])
    .filter((item) => !item.parent_field)
    .map((item) => ({ value: item.key, label: item.label_plural }))
  const create = useMutation({
    ...createTemplateMutation(),
    onSuccess: (made) => {
      refreshTemplates()
      navigate(`/templates/${made.key}`)
    },
  })
  const problem = create.error ? asProblem(create.error) : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const words = {
      subject: name.trim(),
      text: null,
      ...(channel === 'pdf' ? samples[sample] : { html: '' }),
    }
    create.mutate({ body: { key: freeKey(name, taken), name: name.trim(), module, channel, ...words } })
  }
  return (
    <Modal opened onClose={onClose} title={t.new.title}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Input.Wrapper label={papers.channel} description={papers.channelHint}>
            <SegmentedControl
              fullWidth
              mt={4}
              aria-label={papers.channel}
              data={(['email', 'pdf'] as const).map((value) => ({ value, label: papers[value] }))}
              value={channel}
              onChange={(value) => setChannel(value as Template['channel'])}
            />
          </Input.Wrapper>
          <TextInput
            label={t.new.name}
            description={t.new.nameHint}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem?.at('/name')}
            maxLength={200}
            required
            data-autofocus
          />
          <Select
            label={t.new.module}
            description={t.new.moduleHint}
            placeholder={t.new.noModule}
            data={choices}
            value={module}
            onChange={setModule}
            error={problem?.at('/module')}
            searchable
            clearable
          />
          {channel === 'pdf' && (
            <Select
              label={papers.samples}
              data={SAMPLES}
              value={sample}
              onChange={(value) => setSample((value ?? 'empty') as Sample)}
              allowDeselect={false}
            />
          )}
          {problem && <Problem error={problem} title={t.new.notCreated} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!name.trim()}>
              {t.new.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
