import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, type MadeDraft, type PlannedRow, type PlanningPreview } from '../../api'
import { sayProblem } from '../../parts/saying'
import { planning as t } from '../../text/planning'
import { readyRows, replaced, withSuggestions } from './rows'

/** A sheet on its way to drafts: read, corrected row by row, made. */
export function usePlanning() {
  const cache = useQueryClient()
  const [file, setFile] = useState<File | null>(null)
  const [found, setFound] = useState<PlanningPreview | null>(null)
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set())
  const [made, setMade] = useState<MadeDraft[] | null>(null)
  const read = useMutation({
    mutationFn: async ({ file, sheet }: { file: File; sheet?: string }) => {
      const { data } = await api.previewPlanningSheet({
        body: { file },
        ...(sheet ? { query: { sheet } } : {}),
        throwOnError: true,
      })
      return data
    },
    onMutate: ({ file }) => setFile(file),
    onSuccess: (data) => {
      setFound(data)
      setLeft(new Set())
    },
  })
  const check = useMutation({
    mutationFn: async (rows: PlannedRow[]) => {
      const { data } = await api.checkPlanningRows({
        body: { rows: rows.map((row) => row.cells) },
        throwOnError: true,
      })
      return data.rows.map((again, place) => ({ ...again, row: rows[place]?.row ?? again.row }))
    },
    onSuccess: (again) => setFound((now) => now && { ...now, rows: replaced(now.rows, again) }),
    onError: (error) => sayProblem(error, t.notRead),
  })
  const rows = found?.rows ?? []
  const make = useMutation({
    mutationFn: async () => {
      const { data } = await api.createPlannedDrafts({
        body: { rows: readyRows(rows, left).map((row) => row.cells) },
        throwOnError: true,
      })
      return data.items
    },
    onSuccess: (items) => {
      setMade(items)
      cache.invalidateQueries()
    },
    onError: (error) => sayProblem(error, t.notMade),
  })
  const takeAll = () =>
    check.mutate(
      rows.flatMap((row) => {
        const cells = withSuggestions(row)
        return cells ? [{ ...row, cells }] : []
      }),
    )
  const leaveOut = (numbers: number[], out: boolean) =>
    setLeft((now) => {
      const next = new Set(now)
      for (const number of numbers) out ? next.add(number) : next.delete(number)
      return next
    })
  const again = () => {
    setFound(null)
    setMade(null)
    setFile(null)
    read.reset()
  }
  return { file, found, rows, left, made, read, check, make, takeAll, leaveOut, again }
}

export type Planning = ReturnType<typeof usePlanning>
