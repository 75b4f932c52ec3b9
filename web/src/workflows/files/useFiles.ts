import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, asProblem, type SentFiles } from '../../api'
import { chosenOf, differentSince } from './plan'

interface Asked {
  sent: File[]
  whole: boolean
}

/** Files on their way in: read, looked at, applied as they were seen, or seen anew. */
export function useFiles() {
  const cache = useQueryClient()
  const [sent, setSent] = useState<File[]>([])
  const [whole, setWhole] = useState(false)
  const [plan, setPlan] = useState<SentFiles | null>(null)
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [accepted, setAccepted] = useState(false)
  const [different, setDifferent] = useState<ReadonlySet<string> | null>(null)
  const [done, setDone] = useState<SentFiles | null>(null)
  const read = useMutation({
    mutationFn: async ({ sent, whole }: Asked) => {
      const { data } = await api.previewFiles({ body: { files: sent }, query: { whole }, throwOnError: true })
      return data
    },
    onMutate: ({ sent, whole }) => {
      setSent(sent)
      setWhole(whole)
    },
    onSuccess: (found) => {
      setPlan(found)
      setAccepted(false)
    },
  })
  const apply = useMutation({
    mutationFn: async (plan: SentFiles) => {
      const { data } = await api.importFiles({
        body: { files: sent },
        query: { plan: plan.plan, whole, accept_loss: accepted, leave_out: [...left] },
        throwOnError: true,
      })
      return data
    },
    onSuccess: (made) => {
      setDone(made)
      cache.invalidateQueries()
    },
    onError: async (error, before) => {
      if (!asProblem(error).conflict) return
      const now = await read.mutateAsync({ sent, whole }).catch(() => null)
      if (now) setDifferent(differentSince(before, now))
    },
  })
  const look = (chosen: File[]) => {
    setLeft(new Set())
    setDifferent(null)
    apply.reset()
    read.mutate({ sent: chosen, whole: false })
  }
  const lookAgain = (whole: boolean) => {
    setDifferent(null)
    apply.reset()
    read.mutate({ sent, whole })
  }
  const include = (file: string, wanted: boolean) =>
    setLeft((now) => {
      const next = new Set(now)
      if (wanted) next.delete(file)
      else next.add(file)
      return next
    })
  const again = () => {
    setPlan(null)
    setDone(null)
    setSent([])
    setDifferent(null)
    read.reset()
    apply.reset()
  }
  const chosen = plan ? chosenOf(plan, left) : []
  const failed = apply.error && !asProblem(apply.error).conflict ? apply.error : null
  const state = { sent, whole, plan, left, accepted, different, done, chosen, failed }
  return { ...state, read, apply, look, lookAgain, include, setAccepted, again }
}

export type Files = ReturnType<typeof useFiles>
