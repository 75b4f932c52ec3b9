import { useMutation } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { createStrategyMutation, queries } from '../../api'
import { strategies as t } from '../../text/strategies'
import { NewOfModule } from '../NewOfModule'

/** What it is called and whose records it is about; then its steps are written. */
export function NewStrategy({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const create = useMutation({
    ...createStrategyMutation(),
    onSuccess: (made) => {
      queries.invalidateQueries({ queryKey: [{ _id: 'listStrategies' }] })
      navigate(`/strategies/${made.key}`)
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
