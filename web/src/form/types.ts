import type { FieldProblem } from '../api'

/** A workflow as it is drawn: what a form asks the server about, sent as it is. */
export interface WorkflowDocument {
  nodes: { key: string; block: string; config?: Record<string, unknown> }[]
  settings?: { time_zone?: string | null }
}

/** Where a form stands: which module's records it is about, in which workflow, at which block. */
export interface FormContext {
  module: string | null
  document: WorkflowDocument | null
  node: string | null
  /** The id of the record that previews are made with. */
  record: string | null
}

export type Config = Record<string, unknown>
export type { FieldProblem }

/** What all inputs for one thing share. */
export interface InputProps<T> {
  value: T
  onChange: (value: T) => void
  label?: string
  /** For inputs that have no visible label. */
  'aria-label'?: string
  description?: string
  required?: boolean
  error?: string
  disabled?: boolean
  placeholder?: string
}

/** The parts of JSON schema that forms are drawn from, and the keywords of sdk/fields.py. */
export interface Schema {
  type?: string | string[]
  title?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  $ref?: string
  $defs?: Record<string, Schema>
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: boolean | Schema
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  pattern?: string
  format?: string
  'x-widget'?: string
  'x-module'?: string[]
  'x-values'?: string[]
  'x-others'?: string[]
  'x-types'?: string[]
  'x-when'?: When | When[]
  'x-labels'?: Record<string, string>
  'x-field'?: string
  'x-channel'?: 'email' | 'pdf'
  'x-advanced'?: boolean
  'x-one-of'?: Way[]
}

/** Keys beside a field with the values for which it is shown; true: any value that is set. */
export type When = Record<string, unknown[] | true>

/** One of several ways to fill an object in, and the keys that belong to it. */
export interface Way {
  label: string
  keys: string[]
}

export const NOWHERE: FormContext = { module: null, document: null, node: null, record: null }
