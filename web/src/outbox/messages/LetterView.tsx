import { Stack, Tabs, Text } from '@mantine/core'
import type { Letter } from '../../api'
import { MailFrame } from '../../parts/MailFrame'
import { outbox as t } from '../../text/outbox'
import { headersOf, isMail } from './headers'
import classes from './Messages.module.css'
import { ShortMessage } from './ShortMessage'

/** A link to a form or an upload, as the server shows it. */
const WITHOUT_SECRET = /\/(forms|uploads)\/…/

/** A message with its headers: a mail as it looks and as plain text, a text or chat as it is read. */
export function LetterView({ letter, height = 420 }: { letter: Letter; height?: number }) {
  return (
    <Stack gap="sm">
      <dl className={classes.facts}>
        {headersOf(letter).map(({ name, value }) => (
          <Header key={name} name={name} value={value} />
        ))}
      </dl>
      {isMail(letter) ? <Body letter={letter} height={height} /> : <ShortMessage letter={letter} />}
      {WITHOUT_SECRET.test(letter.text) && (
        <Text size="xs" c="dimmed">
          {t.drawer.secretLink}
        </Text>
      )}
    </Stack>
  )
}

function Body({ letter, height }: { letter: Letter; height: number }) {
  return (
    <Tabs defaultValue={letter.html ? 'look' : 'text'} keepMounted={false}>
      <Tabs.List>
        {letter.html && <Tabs.Tab value="look">{t.drawer.look}</Tabs.Tab>}
        <Tabs.Tab value="text">{t.drawer.text}</Tabs.Tab>
      </Tabs.List>
      {letter.html && (
        <Tabs.Panel value="look" pt="xs">
          <MailFrame html={letter.html} title={t.drawer.frame} height={height} />
        </Tabs.Panel>
      )}
      <Tabs.Panel value="text" pt="xs">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <pre className={classes.text} tabIndex={0}>
          {letter.text}
        </pre>
      </Tabs.Panel>
    </Tabs>
  )
}

function Header({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
