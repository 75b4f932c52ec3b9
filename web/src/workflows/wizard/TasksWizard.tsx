import { Text } from '@mantine/core'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Config } from '../../form'
import { wizard as t } from '../../text/wizard'
import { Asked, type Question } from './Asked'
import { type Placed, saysWhen } from './answers'
import { NameStep } from './NameStep'
import { Summary } from './Summary'
import { TasksStep } from './TasksStep'
import { WhenStep } from './WhenStep'

const LABELS = { name: t.steps.name, when: t.steps.when, tasks: t.steps.tasks }

/** Saved data tasks on a schedule. `?task=` chooses the first one. */
export function TasksWizard() {
  const [params] = useSearchParams()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [start, setStart] = useState<Config>({})
  const [tasks, setTasks] = useState<string[]>(() => params.getAll('task'))
  const [problems, setProblems] = useState<Placed[]>([])
  const questions: Question[] = [
    {
      key: 'name',
      label: LABELS.name,
      title: t.fields.title,
      about: t.kinds['data-tasks'].about,
      missing: name.trim() ? null : t.fields.nameNeeded,
      body: (
        <NameStep name={name} description={description} onName={setName} onDescription={setDescription} />
      ),
    },
    {
      key: 'when',
      label: LABELS.when,
      title: t.when.title,
      about: t.when.about,
      missing: saysWhen(start) ? null : t.when.needed,
      body: (
        <WhenStep
          start={start}
          onChange={setStart}
          problems={problems.filter((one) => one.step === 'when')}
        />
      ),
    },
    {
      key: 'tasks',
      label: LABELS.tasks,
      title: t.tasks.title,
      about: t.tasks.about,
      missing: tasks.length > 0 ? null : t.tasks.needed,
      body: <TasksStep tasks={tasks} onChange={setTasks} />,
    },
  ]
  return (
    <Asked
      questions={questions}
      summary={(goTo, back) => (
        <Summary
          wish={{ kind: 'data_tasks', name: name.trim(), description, start, tasks }}
          afterStart="tasks"
          labels={LABELS}
          goTo={goTo}
          back={back}
          onProblems={setProblems}
          note={
            tasks.length > 1 && (
              <Text size="sm" c="dimmed">
                {t.summary.independent}
              </Text>
            )
          }
        />
      )}
    />
  )
}
