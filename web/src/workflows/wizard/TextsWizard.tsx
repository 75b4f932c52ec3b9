import { useState } from 'react'
import type { Condition } from '../../conditions'
import type { Config } from '../../form'
import { useModules } from '../../form/useCatalogue'
import { wizard as t } from '../../text/wizard'
import { Asked, type Question } from './Asked'
import { type Placed, saysText, saysWhen, toPhoneOf } from './answers'
import { MessageStep } from './MessageStep'
import { NameStep } from './NameStep'
import { Summary } from './Summary'
import { WhenStep } from './WhenStep'
import { WhomStep } from './WhomStep'

const LABELS = { name: t.steps.name, when: t.steps.when, whom: t.steps.whom, text: t.steps.text }

/** A text message to everybody who meets a condition, on a schedule. */
export function TextsWizard() {
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [start, setStart] = useState<Config>({})
  const [module, setModule] = useState<string | null>(null)
  const [where, setWhere] = useState<Condition | null>(null)
  const [once, setOnce] = useState(false)
  const [message, setMessage] = useState<Config>({})
  const [problems, setProblems] = useState<Placed[]>([])
  const modules = useModules()
  const about = (step: string) => problems.filter((one) => one.step === step)
  const questions: Question[] = [
    {
      key: 'name',
      label: LABELS.name,
      title: t.fields.title,
      about: t.kinds.texts.about,
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
      body: <WhenStep start={start} onChange={setStart} problems={about('when')} />,
    },
    {
      key: 'whom',
      label: LABELS.whom,
      title: t.whom.title,
      about: t.whom.about,
      missing: module ? null : t.whom.moduleNeeded,
      body: (
        <WhomStep
          module={module}
          where={where}
          once={once}
          onModule={(next) => {
            setModule(next)
            setWhere(null)
            setMessage(toPhoneOf(modules.get(next ?? '')))
          }}
          onWhere={setWhere}
          onOnce={setOnce}
          problems={about('whom')}
        />
      ),
    },
    {
      key: 'text',
      label: LABELS.text,
      title: t.text.title,
      about: t.text.about,
      missing: saysText(message) ? null : t.text.needed,
      body: (
        <MessageStep
          module={module}
          start={start}
          message={message}
          onChange={setMessage}
          problems={about('text')}
        />
      ),
    },
  ]
  return (
    <Asked
      questions={questions}
      summary={(goTo, back) => (
        <Summary
          wish={{
            kind: 'text_campaign',
            name: name.trim(),
            description,
            start,
            module: module ?? '',
            where: where as Record<string, unknown> | null,
            message,
            once,
          }}
          afterStart="text"
          labels={LABELS}
          goTo={goTo}
          back={back}
          onProblems={setProblems}
        />
      )}
    />
  )
}
