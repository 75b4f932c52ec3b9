import { SegmentedControl, Select } from '@mantine/core'
import { useRef, useState } from 'react'
import { form as t } from '../text/form'
import { isSet, wayOf, withWay } from './schema'
import { useSurroundings } from './surroundings'
import type { Config, Schema, Way } from './types'

interface Chosen {
  schema: Schema
  value: Config
  onChange: (value: Config) => void
}

/**
 * Which of several ways an object is filled in, and how to choose another. What was filled in the other
 * ways is remembered while the form is open, so that looking around loses nothing.
 */
export function useWay({ schema, value, onChange }: Chosen): [Way | undefined, (label: string) => void] {
  const { defs } = useSurroundings()
  const ways = schema['x-one-of'] ?? []
  const [label, setLabel] = useState<string>()
  const left = useRef<Record<string, Config>>({})
  const picked = ways.find((one) => one.label === label)
  const set = wayOf(ways, value)
  // What is filled in counts, unless another way was just chosen and is still empty.
  const way = set ?? picked ?? ways[0]
  const choose = (wanted: string) => {
    const next = ways.find((one) => one.label === wanted)
    if (!next || next.label === way?.label) return
    if (way)
      left.current[way.label] = Object.fromEntries(
        way.keys.filter((key) => isSet(value[key])).map((key) => [key, value[key]]),
      )
    setLabel(wanted)
    onChange({ ...withWay(schema, defs, value, next), ...left.current[wanted] })
  }
  return [way, choose]
}

interface Props {
  schema: Schema
  way: Way | undefined
  onChoose: (label: string) => void
  label?: string
  /** As a list in any case: where it stands beside its value. */
  inline?: boolean
}

/** The choice between several ways: side by side where they are two, otherwise as a list. */
export function WaySelect({ schema, way, onChoose, label, inline = false }: Props) {
  const ways = schema['x-one-of'] ?? []
  const labels = ways.map((one) => one.label)
  if (labels.length === 2 && !inline)
    return (
      <SegmentedControl
        data={labels}
        value={way?.label}
        onChange={onChoose}
        aria-label={label ?? t.how}
        fullWidth
        size="xs"
      />
    )
  return (
    <Select
      data={labels}
      value={way?.label ?? null}
      onChange={(next) => next && onChoose(next)}
      label={label ? undefined : t.how}
      aria-label={label ?? t.how}
      {...(inline ? NARROW : {})}
    />
  )
}

const NARROW = { rightSectionWidth: 24, styles: { input: { paddingInlineEnd: 24 } } }
