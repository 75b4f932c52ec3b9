import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { MemoryRouter } from 'react-router'
import { afterEach, expect, test } from 'vitest'
import { getCatalogueOptions, listModulesOptions } from '../api'
import { NodeForm } from './NodeForm'
import { type Config, type FieldProblem, NOWHERE } from './types'

// A block of a package that nobody here has heard of.
const SCHEMA = {
  type: 'object',
  title: 'FaxConfig',
  $defs: {
    Page: {
      type: 'object',
      title: 'Page',
      properties: {
        words: { type: 'string', title: 'Words' },
        bold: { type: 'boolean', title: 'Bold', default: false },
      },
      required: ['words'],
    },
    Whom: {
      type: 'object',
      properties: { number: { type: 'string' }, owner: { anyOf: [{ type: 'boolean' }, { type: 'null' }] } },
      'x-one-of': [
        { label: 'A number', keys: ['number'] },
        { label: 'The owner', keys: ['owner'] },
      ],
    },
  },
  properties: {
    to: { $ref: '#/$defs/Whom', title: 'Fax to' },
    quality: {
      enum: ['low', 'high'],
      type: 'string',
      default: 'low',
      title: 'Quality',
      'x-labels': { low: 'Quick', high: 'Sharp' },
    },
    shade: {
      type: 'string',
      title: 'Shade of grey',
      'x-widget': 'holograph',
      'x-when': { quality: ['high'] },
    },
    tries: {
      anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }],
      default: null,
      title: 'Tries',
      'x-advanced': true,
    },
    pages: { type: 'array', items: { $ref: '#/$defs/Page' }, title: 'Pages' },
    headers: { type: 'object', additionalProperties: { type: 'string' }, title: 'Headers' },
    anything: { title: 'Anything' },
  },
  required: ['to'],
}

// Inputs that grow ask for it, and jsdom has none.
Object.defineProperty(document, 'fonts', { value: new EventTarget() })

let last: Config = {}

function Form({ start, problems }: { start: Config; problems?: FieldProblem[] }) {
  const [value, setValue] = useState(start)
  last = value
  return <NodeForm schema={SCHEMA} value={value} onChange={setValue} context={NOWHERE} problems={problems} />
}

function show(start: Config, problems?: FieldProblem[]) {
  const client = new QueryClient({
    defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY, retry: false } },
  })
  const nothing = { blocks: [], triggers: [], operators: [], functions: [], field_types: [], workflow: {} }
  client.setQueryData(getCatalogueOptions().queryKey, nothing)
  client.setQueryData(listModulesOptions().queryKey, { items: [] })
  return render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <MemoryRouter>
          <Form start={start} problems={problems} />
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  )
}

afterEach(cleanup)

test('a block of a package has its complete form', () => {
  show({ quality: 'high' })
  for (const label of ['Fax to', 'Quality', 'Pages', 'Headers', 'Anything'])
    expect(screen.getByText(label)).toBeTruthy()
  expect((screen.getByRole('combobox', { name: 'Quality' }) as HTMLInputElement).value).toBe('Sharp')
  expect(screen.getByLabelText('Shade of grey')).toBeTruthy()
  expect(screen.queryByLabelText('Tries')).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: 'More options' }))
  expect(screen.getByLabelText('Tries')).toBeTruthy()
  expect(screen.queryByText(/FaxConfig/)).toBeNull()
})

test('what is filled in comes out as configuration', () => {
  show({ kept: 'as it is' })
  fireEvent.change(screen.getByLabelText('A number'), { target: { value: '0123' } })
  fireEvent.click(screen.getByRole('button', { name: 'Add to “Pages”' }))
  fireEvent.change(screen.getByLabelText(/^Words/), { target: { value: 'Καλημέρα' } })
  expect(last).toEqual({ kept: 'as it is', to: { number: '0123' }, pages: [{ words: 'Καλημέρα' }] })
  fireEvent.click(screen.getByRole('button', { name: 'Remove 1 of “Pages”' }))
  expect(last).toEqual({ kept: 'as it is', to: { number: '0123' } })
})

test('what the server says stands at its place, also in folded options', () => {
  show({ pages: [{ words: '' }] }, [
    { code: 'x', path: '/pages/0/words', message: 'Write something.' },
    { code: 'x', path: '/tries', message: 'At least one.', suggestion: 'Try 3.' },
    { code: 'x', path: '/to', message: 'Say to whom.' },
  ])
  expect(screen.getByLabelText(/^Words/).getAttribute('aria-invalid')).toBe('true')
  expect(screen.getByText('Write something.')).toBeTruthy()
  expect(screen.getByText('At least one. Try 3.')).toBeTruthy()
  expect(screen.getByText('Say to whom.')).toBeTruthy()
})
