/**
 * Every form of the catalogue on one page, for looking at while one works on them: `npx vite`, sign in at /,
 * then open /dev/forms.html?block=send_email&module=tickets&record=1. It is no part of the built application.
 */
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import '../src/app/app.css'
import { Box, Code, Grid, MantineProvider, Paper, Stack, Text, Title } from '@mantine/core'
import { QueryClientProvider, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { createRoot } from 'react-dom/client'
import { MemoryRouter } from 'react-router'
import { getCatalogueOptions, listModulesOptions, queries } from '../src/api'
import { theme, variables } from '../src/app/theme'
import { type Condition, ConditionEditor, ConditionSummary } from '../src/conditions'
import { type Config, type FormContext, NodeForm, RichTemplateEditor } from '../src/form'

const asked = new URLSearchParams(location.search)
const module = asked.get('module') ?? 'tickets'
const record = asked.get('record') ?? '1'

function contextFor(block: string, config: Config): FormContext {
  const document = {
    format: 1,
    nodes: [
      { key: 'start', block: 'start', config: { trigger: 'record_updated' } },
      {
        key: 'mail',
        block: 'send_email',
        label: 'Tell them',
        config: { to: [{ owner: true }], subject: 'x', text: 'x' },
      },
      { key: 'this', block, config },
    ],
    edges: [
      { from: 'start', port: 'next', to: 'mail' },
      { from: 'mail', port: 'next', to: 'this' },
    ],
  }
  return { module, document, node: 'this', record }
}

interface FormProps {
  title: string
  block: string
  schema: unknown
  example: Config
}

function One({ title, block, schema, example }: FormProps) {
  const [value, setValue] = useState<Config>(example)
  return (
    <Paper p="md" className="surface" data-testid={`form-${title}`}>
      <Title order={3} mb="sm">
        {title}
      </Title>
      <NodeForm schema={schema} value={value} onChange={setValue} context={contextFor(block, value)} />
      {!asked.has('bare') && (
        <Code block mt="md" data-testid={`json-${title}`}>
          {JSON.stringify(value, null, 1)}
        </Code>
      )}
    </Paper>
  )
}

function OneCondition({ title, condition }: { title: string; condition: Condition | null }) {
  const [value, setValue] = useState<Condition | null>(condition)
  return (
    <Paper p="md" className="surface" data-testid={`condition-${title}`}>
      <Text size="sm" fw={600}>
        <ConditionSummary module={module} value={value} />
      </Text>
      <Box mt="sm">
        <ConditionEditor
          label="Condition"
          module={module}
          value={value}
          onChange={setValue}
          ofChange
          showMatches
          compact={asked.has('compact')}
          context={contextFor('if', {})}
        />
      </Box>
      <Code block mt="md" data-testid="json">
        {JSON.stringify(value)}
      </Code>
    </Paper>
  )
}

function Rich() {
  const [value, setValue] = useState(asked.get('html') ?? '<p>Dear {{ record.contact.name }},</p><p>x</p>')
  return (
    <Paper p="md" className="surface">
      <RichTemplateEditor
        label="Text"
        value={value}
        onChange={setValue}
        context={contextFor('send_email', {})}
      />
      <Code block mt="md" data-testid="json">
        {value}
      </Code>
    </Paper>
  )
}

const WIDE = Number(asked.get('span') ?? 4)

function Gallery() {
  const catalogue = useQuery(getCatalogueOptions()).data
  const modules = useQuery(listModulesOptions()).data
  if (!catalogue || !modules) return null
  const wanted = asked.get('block')
  const condition = asked.get('condition')
  if (asked.has('rich')) return <Rich />
  if (condition) return <OneCondition title="asked" condition={JSON.parse(condition)} />
  const forms = [...catalogue.blocks, ...catalogue.triggers]
    .filter((one) => !wanted || wanted.split(',').includes(one.key))
    .flatMap((one) => {
      const examples: Config[] = [{}, ...one.examples]
      return examples.map((example, at) => ({
        title: `${one.label} ${at}`,
        block: 'outputs' in one ? one.key : 'start',
        schema: one.config,
        example,
      }))
    })
  return (
    <Grid p="md">
      {forms.map((one) => (
        <Grid.Col key={one.title} span={WIDE}>
          <One {...one} />
        </Grid.Col>
      ))}
    </Grid>
  )
}

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <MemoryRouter>
          <Stack>
            <Gallery />
          </Stack>
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  )
