import { Anchor, Box, Checkbox, Collapse, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, type PromptPreview, type ToPreviewPrompt } from '../api'
import { asProblem } from '../api/problem'
import { format } from '../text'
import { ai } from '../text/ai'
import classes from './form.module.css'
import { useCalled } from './inline'
import { errorAt, useSurroundings, type WidgetProps } from './surroundings'
import type { Config } from './types'

const words = ai.preview

/** What goes along with a prompt, and how much the sample record sends with that choice. */
export function AiAlong({ schema, label, description, path, value, onChange, levels }: WidgetProps) {
  const { problems } = useSurroundings()
  const known = (schema.items?.enum ?? []).map(String)
  const usual = Array.isArray(schema.default) ? schema.default.map(String) : []
  const chosen = Array.isArray(value) ? value.map(String) : usual
  const change = (next: string[]) => onChange(known.filter((one) => next.includes(one)))
  return (
    <Checkbox.Group
      {...useCalled(label, description)}
      value={chosen}
      onChange={change}
      error={errorAt(problems, path)}
    >
      <Stack gap={6} mt={6}>
        {known.map((one) => (
          <Checkbox key={one} value={one} label={schema.items?.['x-labels']?.[one] ?? one} size="sm" />
        ))}
      </Stack>
      <Sends config={{ ...levels.at(-1)?.value, along: chosen }} />
    </Checkbox.Group>
  )
}

/** How much the sample record sends, counted by the server as it would for a run. */
function Sends({ config }: { config: Config }) {
  const { context } = useSurroundings()
  const { module, record } = context
  const [asked] = useDebouncedValue(config, 450)
  const body = module && record ? toAsk(asked, module, record) : null
  const found = useQuery({
    queryKey: ['ai-preview', body],
    queryFn: async ({ signal }) => {
      if (!body) return null
      return (await api.previewAiPrompt({ body, signal, throwOnError: true })).data
    },
    enabled: body !== null,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  })
  const problem = found.error ? asProblem(found.error).message : null
  return (
    <Box mt={8} aria-live="polite" data-testid="ai-preview">
      {found.data && body ? (
        <Counted preview={found.data} />
      ) : (
        <Text size="xs" c="dimmed">
          {body ? problem : words.noRecord}
        </Text>
      )}
    </Box>
  )
}

function toAsk(config: Config, module: string, record: string): ToPreviewPrompt {
  const { provider, along, only, characters, pictures } = config
  return {
    module,
    record_id: record,
    along: Array.isArray(along) ? along : [],
    only: Array.isArray(only) ? only.map(String) : [],
    ...(typeof provider === 'string' ? { provider } : {}),
    ...(typeof characters === 'number' ? { characters } : {}),
    ...(typeof pictures === 'number' ? { pictures } : {}),
  }
}

function Counted({ preview }: { preview: PromptPreview }) {
  const [open, setOpen] = useState(false)
  const { characters, of, tokens, pictures, parts, left_out: leftOut } = preview
  const nothing = characters === 0 && pictures === 0
  return (
    <>
      <Text size="xs">
        {nothing ? words.nothing : words.sends(format.number(characters), format.number(tokens), pictures)}
        {of > characters && ` ${words.cut(format.number(of))}`}{' '}
        {(parts.length > 0 || leftOut.length > 0) && (
          <Anchor
            component="button"
            type="button"
            size="xs"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            {open ? words.hide : words.show}
          </Anchor>
        )}
      </Text>
      <Collapse expanded={open}>
        {parts.map((part) => (
          <Box key={part.title} mt={8}>
            <Text size="xs" fw={600}>
              {part.title} · {words.partOf(format.number(part.characters), format.number(part.of))}
            </Text>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard */}
            <pre className={classes.sent} tabIndex={0}>
              {part.text}
            </pre>
          </Box>
        ))}
        {leftOut.length > 0 && (
          <Box mt={8}>
            <Text size="xs" fw={600}>
              {words.leftOut}
            </Text>
            {leftOut.map((one) => (
              <Text key={one.name} size="xs" c="dimmed">
                {one.name}: {one.why}
              </Text>
            ))}
          </Box>
        )}
      </Collapse>
    </>
  )
}
