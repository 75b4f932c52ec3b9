import { Alert, Box, Group, Input, SegmentedControl, Skeleton, Text } from '@mantine/core'
import { Suspense, useEffect, useRef, useState } from 'react'
import { lazy } from '../app/lazy'
import { form as t } from '../text/form'
import classes from './form.module.css'
import type { FormContext, InputProps } from './types'
import { usePreview } from './usePreview'

const RichEditor = lazy(() => import('./rich/RichEditor').then((one) => ({ default: one.RichEditor })))
const RichSource = lazy(() => import('./rich/RichSource').then((one) => ({ default: one.RichSource })))

interface Props extends InputProps<string> {
  context: FormContext
}

type View = 'rich' | 'source' | 'preview'

/**
 * The HTML of a mail with {{ variables }}: formatted, as source, or as it will look. What the formatted
 * view cannot hold unchanged stays source.
 */
export function RichTemplateEditor({
  context,
  value,
  onChange,
  label,
  description,
  error,
  required,
  ...input
}: Props) {
  const [wanted, setWanted] = useState<View>('rich')
  const kept = useIsKept(value)
  const view = wanted === 'rich' && kept === false ? 'source' : wanted
  const called = label ?? input['aria-label'] ?? t.desktop
  return (
    <Input.Wrapper
      label={label}
      description={description}
      error={error}
      withAsterisk={required}
      labelElement="div"
    >
      <Group justify="flex-end" mt={4} mb={6}>
        <SegmentedControl
          size="xs"
          aria-label={`${called}: ${t.viewAs}`}
          value={view}
          onChange={(next) => setWanted(next as View)}
          data={[
            { value: 'rich', label: t.rich, disabled: kept === false },
            { value: 'source', label: t.source },
            { value: 'preview', label: t.preview },
          ]}
        />
      </Group>
      {kept === false && view === 'source' && (
        <Alert color="blue" variant="light" p={8} mb={6}>
          <Text size="xs">{t.sourceOnly}</Text>
        </Alert>
      )}
      <Suspense fallback={<Skeleton height={180} />}>
        {view === 'rich' && kept !== undefined && (
          <RichEditor
            value={value}
            onChange={onChange}
            context={context}
            label={called}
            invalid={Boolean(error)}
          />
        )}
        {view === 'rich' && kept === undefined && <Skeleton height={180} />}
        {view === 'source' && (
          <RichSource
            value={value}
            onChange={onChange}
            context={context}
            label={called}
            invalid={Boolean(error)}
          />
        )}
      </Suspense>
      {view === 'preview' && <MailPreview context={context} html={value} label={called} />}
      {view !== 'preview' && <Mistakes context={context} html={value} />}
    </Input.Wrapper>
  )
}

/** Whether the formatted view can hold the text; undefined until that is known. What it wrote itself, it can. */
function useIsKept(value: string): boolean | undefined {
  const [known, setKnown] = useState<{ value: string; kept: boolean }>()
  const latest = useRef(value)
  latest.current = value
  useEffect(() => {
    let wanted = true
    const timer = setTimeout(
      async () => {
        const { isKept } = await import('./rich/kept')
        if (wanted) setKnown({ value, kept: isKept(value) })
      },
      latest.current === value ? 0 : 200,
    )
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [value])
  return known?.kept
}

const GUARD = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'">`

/** The mail as it looks for the chosen record, in a frame without scripts and without an origin. */
function MailPreview({ context, html, label }: { context: FormContext; html: string; label: string }) {
  const { rendered, problems } = usePreview(context, { html })
  const [first] = problems
  if (!context.record)
    return (
      <Text size="sm" c="dimmed" className={classes.box}>
        {t.noRecord}
      </Text>
    )
  if (first)
    return (
      <Text size="sm" c="var(--mantine-color-error)" role="alert">
        {[first.message, first.suggestion].filter(Boolean).join(' ')}
      </Text>
    )
  if (rendered === undefined) return <Skeleton height={260} />
  return (
    <Box>
      <Text size="xs" c="dimmed" mb={4}>
        {t.previewFor}
      </Text>
      <iframe
        sandbox=""
        title={`${label}: ${t.preview}`}
        className={classes.frame}
        srcDoc={`${GUARD}<body style="font-family:system-ui,sans-serif;font-size:14px;margin:12px">${rendered ?? ''}</body>`}
      />
    </Box>
  )
}

function Mistakes({ context, html }: { context: FormContext; html: string }) {
  const { problems } = usePreview(context, /\{[{%]/.test(html) ? { html } : null)
  const [first] = problems
  if (!first) return null
  return (
    <Text size="xs" c="var(--mantine-color-error)" mt={3}>
      {[first.message, first.suggestion].filter(Boolean).join(' ')}
    </Text>
  )
}
