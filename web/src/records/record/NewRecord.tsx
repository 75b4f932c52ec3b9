import { Alert, Button, Checkbox, Group, Modal, Stack } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, createRecordMutation, type FieldProblem, type ModuleOut, type RecordOut } from '../../api'
import { useMe } from '../../app/useMe'
import { confirm } from '../../parts/confirm'
import { sayDone } from '../../parts/saying'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'
import { linesToSend } from '../fields/LineItems'
import { RecordForm } from '../fields/RecordForm'
import { maySet, type Titles, titleOf, useModules, type Values } from '../model'
import { forgetLists } from './cache'

interface Props {
  module: ModuleOut
  /** Filled in already: the record that one comes from. */
  prefill?: Values
  titles?: Titles
  onClose: () => void
  onCreated: (record: RecordOut, title: string) => void
  /** Offer to go on with another one. */
  another?: boolean
}

/** The form for a new record, over the page that one is on. */
export function NewRecord({ module, prefill = {}, titles, onClose, onCreated, another = false }: Props) {
  const me = useMe()
  const cache = useQueryClient()
  const modules = useModules()
  const begin = () => ({ ...defaultsOf(module), ...prefill })
  const [values, setValues] = useState<Values>(begin)
  const [round, setRound] = useState(0)
  const [goOn, setGoOn] = useState(false)
  const [mended, setMended] = useState<string[]>([])
  const create = useMutation({
    ...createRecordMutation(),
    onSuccess: (record) => {
      forgetLists(cache, module.key)
      sayDone(t.created(titleOf(module, record)))
      if (!goOn) return onCreated(record, titleOf(module, record))
      setValues(begin)
      setRound((number) => number + 1)
    },
  })
  const problem = create.error ? asProblem(create.error) : null
  const touched = JSON.stringify(values) !== JSON.stringify(begin())
  const close = async () => {
    if (touched && !(await confirm({ title: t.leaveSure, about: t.leaveAbout, yes: t.leave, danger: true })))
      return
    onClose()
  }
  const send = () => {
    const body: Values = {}
    for (const field of module.fields) {
      if (!(field.key in values) || !maySet(module, field, me, 'create')) continue
      const child = modules.data?.items.find((one) => one.key === field.options.target)
      body[field.key] =
        field.type === 'line_items' && child
          ? linesToSend(values[field.key], child, (one) => maySet(child, one, me, 'create'))
          : values[field.key]
    }
    setMended([])
    create.mutate({ path: { module: module.key }, body })
  }
  return (
    <Modal opened onClose={close} title={t.new(module.label)} size="xl" closeOnClickOutside={false}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          event.stopPropagation()
          send()
        }}
      >
        <Stack gap="md">
          {problem && <Whole problem={problem} module={module} />}
          <RecordForm
            key={round}
            module={module}
            action="create"
            values={values}
            onChange={(key, value) => {
              setValues((before) => ({ ...before, [key]: value }))
              setMended((before) => [...before, key])
            }}
            titles={titles}
            problems={unmended(problem?.problems, mended)}
            autoFocus
          />
          <Group justify="flex-end">
            {another && (
              <Checkbox
                label={t.createAnd}
                checked={goOn}
                onChange={(event) => setGoOn(event.currentTarget.checked)}
                mr="auto"
              />
            )}
            <Button variant="default" onClick={close}>
              {shared.common.cancel}
            </Button>
            <Button type="submit" loading={create.isPending} data-testid="save-record">
              {t.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

interface WholeProps {
  problem: ReturnType<typeof asProblem>
  module: ModuleOut
}

/** What is wrong with the record as a whole; what is wrong with one field stands at the field. */
export function Whole({ problem, module }: WholeProps) {
  const others = problem.problems.filter((one) => !isOfField(one, module))
  if (problem.problems.length > 0 && others.length === 0) return null
  const told = others.length > 0 ? others.map((one) => one.message).join(' ') : problem.message
  return (
    <Alert color="red" title={t.notSaved} role="alert">
      {told} {problem.suggestion}
    </Alert>
  )
}

function isOfField(problem: FieldProblem, module: ModuleOut): boolean {
  const [, key] = problem.path.split('/')
  return module.fields.some((field) => field.key === key)
}

/** What is still wrong: a field that was changed since is not complained about. */
export function unmended(problems: FieldProblem[] | undefined, mended: string[]): FieldProblem[] | undefined {
  return problems?.filter((one) => !mended.includes(one.path.split('/')[1] ?? ''))
}

/** Values with which the form begins: those that do not depend on the moment. */
function defaultsOf(module: ModuleOut): Values {
  const found: Values = {}
  for (const field of module.fields) {
    const given = field.options.default
    if (given !== undefined && given !== null && (typeof given !== 'object' || Array.isArray(given)))
      found[field.key] = given
  }
  return found
}
