import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { IconPackage } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate } from 'react-router'
import {
  type GalleryItem,
  loadPackMutation,
  queries,
  useTemplateMutation as templateMutation,
} from '../../api'
import { useMe } from '../../app/useMe'
import { sayDone, sayProblem } from '../../parts/saying'
import { t as shared } from '../../text'
import { gallery as t } from '../../text/wizard'
import { refreshWorkflows } from '../list/useChanges'
import classes from '../wizard/wizard.module.css'

interface Props {
  item: GalleryItem
  onClose: () => void
}

/** What a ready-made workflow does, in words; then it is taken, opened, or its pack loaded. */
export function Look({ item, onClose }: Props) {
  const trigger = item.trigger.charAt(0).toUpperCase() + item.trigger.slice(1)
  return (
    <Modal opened onClose={onClose} title={item.name} size="lg">
      <Stack gap="md" data-testid="gallery-look">
        <Text size="sm">{item.description}</Text>
        <section>
          <Text size="xs" c="dimmed" fw={600}>
            {t.when}
          </Text>
          <Text size="sm">{trigger}.</Text>
        </section>
        <section>
          <Text size="xs" c="dimmed" fw={600} mb={2}>
            {t.does}
          </Text>
          <ol className={classes.steps}>
            {item.steps.map((step) => (
              <li key={step.key}>
                <Text size="sm">
                  <strong>{step.label}</strong>
                  {step.sentence && step.sentence !== step.label ? `: ${step.sentence}` : ''}
                </Text>
              </li>
            ))}
          </ol>
        </section>
        {item.missing.length > 0 ? (
          <NeedsPack item={item} onClose={onClose} />
        ) : (
          <Use item={item} onClose={onClose} />
        )}
      </Stack>
    </Modal>
  )
}

function Use({ item, onClose }: Props) {
  const navigate = useNavigate()
  const make = useMutation({
    ...templateMutation(),
    onSuccess: (made) => {
      refreshWorkflows()
      sayDone(t.used(made.name))
      navigate(`/workflows/${made.key}`)
    },
    onError: (error) => sayProblem(error, t.notUsed),
  })
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={onClose}>
        {shared.common.close}
      </Button>
      {item.here && (
        <Button variant="default" component={Link} to={`/workflows/${item.here.key}`}>
          {t.openIt}
        </Button>
      )}
      <Button
        loading={make.isPending}
        onClick={() => make.mutate({ path: { pack: item.pack, key: item.key } })}
      >
        {item.here ? t.useAgain : t.use}
      </Button>
    </Group>
  )
}

function NeedsPack({ item, onClose }: Props) {
  const me = useMe()
  const navigate = useNavigate()
  const load = useMutation({
    ...loadPackMutation(),
    onSuccess: () => {
      sayDone(t.loaded(item.pack_name))
      queries.invalidateQueries()
      navigate(`/workflows/${item.key}`)
    },
    onError: (error) => sayProblem(error, t.notLoaded),
  })
  return (
    <>
      <Alert
        color="yellow"
        icon={<IconPackage aria-hidden />}
        title={t.missingTitle(item.missing.join(', '))}
      >
        {me.administrator ? t.missingAbout(item.pack_name) : t.missingAsk(item.pack_name)}
      </Alert>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {shared.common.close}
        </Button>
        {me.administrator && (
          <Button loading={load.isPending} onClick={() => load.mutate({ path: { key: item.pack } })}>
            {t.load}
          </Button>
        )}
      </Group>
    </>
  )
}
