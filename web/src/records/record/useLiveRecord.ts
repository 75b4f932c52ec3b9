import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { live } from '../../app/live'
import { forgetRecord } from './cache'

interface Progress {
  all: boolean
  items: { module: string | null; records: string[]; more: boolean }[]
}

/** Reads a record again whenever a workflow moved on it. */
export function useLiveRecord(module: string, id: string) {
  const cache = useQueryClient()
  useEffect(
    () =>
      live.on('runs', (data) => {
        const { all, items } = data as Progress
        const touched = items.some(
          (item) => item.module === module && (item.more || item.records.includes(id)),
        )
        if (all || touched) forgetRecord(cache, module, id)
      }),
    [cache, module, id],
  )
}
