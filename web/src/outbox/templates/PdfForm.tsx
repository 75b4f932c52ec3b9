import { NumberInput, Select, SimpleGrid, Switch, Title } from '@mantine/core'
import type { ApiProblem, PageSetup } from '../../api'
import { TemplateInput } from '../../form/TemplateInput'
import { papers as p } from '../../text/documents'
import { type FormProps, TemplateFields } from './TemplateFields'

const PAPER: Required<PageSetup> = {
  size: 'A4',
  landscape: false,
  top: 25,
  bottom: 20,
  sides: 20,
  page_numbers: true,
}

/** The words of a PDF, what stands on every page, and its paper. */
export function PdfForm(props: FormProps) {
  const { module, record, words, onChange, problem } = props
  const context = { module, document: null, node: null, record }
  return (
    <TemplateFields {...props} subject={{ label: p.title, description: p.titleHint }}>
      <TemplateInput
        label={p.header}
        description={p.headerHint}
        context={context}
        value={words.header ?? ''}
        onChange={(header) => onChange({ header: header || null })}
        error={problem?.at('/header')}
        long
      />
      <TemplateInput
        label={p.footer}
        description={p.footerHint}
        context={context}
        value={words.footer ?? ''}
        onChange={(footer) => onChange({ footer: footer || null })}
        error={problem?.at('/footer')}
        long
      />
      <PaperForm
        paper={{ ...PAPER, ...words.page }}
        onChange={(page) => onChange({ page })}
        problem={problem}
      />
    </TemplateFields>
  )
}

interface PaperProps {
  paper: Required<PageSetup>
  onChange: (paper: Required<PageSetup>) => void
  problem: ApiProblem | null
}

function PaperForm({ paper, onChange, problem }: PaperProps) {
  const margin = (key: 'top' | 'bottom' | 'sides') => (
    <NumberInput
      label={p[key]}
      min={0}
      max={100}
      allowDecimal={false}
      value={paper[key]}
      onChange={(value) => onChange({ ...paper, [key]: typeof value === 'number' ? value : 0 })}
      error={problem?.at(`/page/${key}`)}
    />
  )
  return (
    <section aria-label={p.page}>
      <Title order={3} mb="xs">
        {p.page}
      </Title>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <Select
          label={p.size}
          data={['A3', 'A4', 'A5', 'Letter', 'Legal']}
          value={paper.size}
          onChange={(size) => onChange({ ...paper, size: (size ?? 'A4') as PageSetup['size'] & string })}
          allowDeselect={false}
        />
        {margin('sides')}
        {margin('top')}
        {margin('bottom')}
        <Switch
          label={p.landscape}
          checked={paper.landscape}
          onChange={(event) => onChange({ ...paper, landscape: event.currentTarget.checked })}
        />
        <Switch
          label={p.numbers}
          checked={paper.page_numbers}
          onChange={(event) => onChange({ ...paper, page_numbers: event.currentTarget.checked })}
        />
      </SimpleGrid>
    </section>
  )
}
