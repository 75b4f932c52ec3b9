import { Code, Paper, Text } from '@mantine/core'
import { format } from '../../text'
import { ai } from '../../text/ai'

const words = ai.wouldAsk

/** What would be asked of a model: the block's input in a test. */
export interface Prompt {
  provider: string
  model: string
  instructions: string
  characters: number
  tokens: number
  documents: string[]
  sent: { title: string; text: string }[]
}

/** The prompt in what a block was given; null where it asks none. */
export function promptIn(input: unknown): Prompt | null {
  const found = input as Partial<Prompt> | null
  const whole = typeof found?.instructions === 'string' && Array.isArray(found.sent)
  return whole ? { ...(found as Prompt), documents: found.documents ?? [] } : null
}

/** A prompt as it would be sent. Documents are read when it really is. */
export function PromptMade({ prompt }: { prompt: Prompt }) {
  const { characters, tokens, documents } = prompt
  return (
    <Paper className="surface" p="xs" data-testid="tested-prompt">
      <Text size="sm">{words.asks(prompt.provider, prompt.model)}</Text>
      <Text size="xs" c="dimmed">
        {words.sends(format.number(characters), format.number(tokens))}
        {documents.length > 0 && ` ${words.documents(documents.join(', '))}`}
      </Text>
      <Sent title={words.instructions} text={prompt.instructions} />
      {prompt.sent.map((part) => (
        <Sent key={part.title} {...part} />
      ))}
    </Paper>
  )
}

function Sent({ title, text }: { title: string; text: string }) {
  return (
    <>
      <Text size="xs" fw={600} mt={6}>
        {title}
      </Text>
      <Code block fz={11} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {text}
      </Code>
    </>
  )
}
