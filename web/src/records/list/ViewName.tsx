import { Button, Group, Modal, Stack, Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { asProblem, type ModuleOut, type View, type ViewDefinition } from '../../api'
import { t as shared } from '../../text'
import { records as t } from '../../text/records'
import type { useViews } from './useViews'

interface Props {
  module: ModuleOut
  /** The view to rename; null: a new one. */
  view: View | null
  definition: ViewDefinition
  views: ReturnType<typeof useViews>
  onSaved: (view: View) => void
  onClose: () => void
}

/** The name of a view, new or changed, and whether others see it. */
export function ViewName({ module, view, definition, views, onSaved, onClose }: Props) {
  const [name, setName] = useState(view?.name ?? '')
  const [isShared, setShared] = useState(view?.shared ?? false)
  const [error, setError] = useState<unknown>(null)
  const done = { onSuccess: onSaved, onError: (problem: unknown) => setError(problem) }
  const save = () =>
    view
      ? views.change.mutate(
          {
            path: { view_id: view.id },
            body: { name, shared: isShared },
            headers: { 'If-Match': view.etag },
          },
          done,
        )
      : views.create.mutate({ body: { module: module.key, name, shared: isShared, definition } }, done)
  const problem = error ? asProblem(error) : null
  return (
    <Modal opened onClose={onClose} title={view ? t.viewRename : t.viewSaveAs}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <Stack>
          <TextInput
            label={t.viewName}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={
              problem &&
              (problem.at('/name') ?? [problem.message, problem.suggestion].filter(Boolean).join(' '))
            }
            data-autofocus
            required
          />
          <Switch
            label={t.viewShare}
            checked={isShared}
            onChange={(event) => setShared(event.currentTarget.checked)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {shared.common.cancel}
            </Button>
            <Button
              type="submit"
              disabled={!name.trim()}
              loading={views.change.isPending || views.create.isPending}
            >
              {shared.common.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
