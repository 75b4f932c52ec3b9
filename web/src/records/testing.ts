import type { FieldOut, Me, ModuleOut, RecordOut, View } from '../api'

/** A field for tests. */
export function aField(change: Partial<FieldOut> = {}): FieldOut {
  return {
    key: 'name',
    label: 'Name',
    description: '',
    type: 'text',
    required: false,
    unique: false,
    indexed: false,
    read_only: false,
    system: false,
    position: 0,
    options: {},
    ...change,
  }
}

/** A module with a key, a title, an amount, an owner and a total, for tests. */
export function aModule(change: Partial<ModuleOut> = {}): ModuleOut {
  return {
    id: 1,
    key: 'deals',
    label: 'Deal',
    label_plural: 'Deals',
    description: '',
    table: 'app.deals',
    key_columns: ['id'],
    attached: false,
    read_only: false,
    system: false,
    captured: true,
    title_field: 'name',
    owner_field: 'owner',
    parent_field: null,
    fields: [
      aField({ key: 'id', type: 'integer', system: true, read_only: true }),
      aField({ required: true }),
      aField({ key: 'amount', label: 'Amount', type: 'money' }),
      aField({ key: 'owner', label: 'Owner', type: 'user' }),
      aField({ key: 'notes', label: 'Notes', type: 'long_text' }),
      aField({ key: 'total', label: 'Total', type: 'formula', read_only: true }),
    ],
    ...change,
  }
}

/** A view of the deals above 100, the largest first. */
export function aView(change: Partial<View> = {}): View {
  return {
    id: 1,
    module: 'deals',
    owner_id: 1,
    owner_name: 'Ada',
    mine: true,
    name: 'Large ones',
    shared: false,
    definition: {
      where: { field: 'amount', operator: 'greater_than', value: 100 },
      sort: ['-amount'],
      columns: ['name', 'amount'],
    },
    problems: [],
    created_at: '2026-11-22T05:00:00Z',
    updated_at: '2026-11-22T05:00:00Z',
    etag: '1',
    ...change,
  }
}

/** Somebody who may do everything with deals, unless told otherwise. */
export function aMe(change: Partial<Me> = {}): Me {
  const all = { read: 'all', create: 'all', update: 'all', delete: 'all', fields: {} }
  return { administrator: false, builder: false, modules: { deals: all }, ...change } as Me
}

/** A state of a record. */
export function aRecord(values: Record<string, unknown>, etag = '1'): RecordOut {
  return { id: '7', etag, values }
}
