import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { createPlaybookMutation, queries } from '../api'
import { playbooks as t } from '../text/playbooks'
import { NewOfModule } from './NewOfModule'

/** What it is called and whose records it is about; then it is drawn. */
export function NewPlaybook({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const create = useMutation({
    ...createPlaybookMutation(),
    onSuccess: (made) => {
      queries.invalidateQueries({ queryKey: [{ _id: 'listPlaybooks' }] })
      navigate(`/playbooks/${made.key}`)
    },
  })
  return (
    <NewOfModule
      words={t}
      error={create.error}
      isPending={create.isPending}
      onMake={(body) => create.mutate({ body })}
      onClose={onClose}
    />
  )
}
