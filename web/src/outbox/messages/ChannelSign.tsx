import { IconMail, IconMessage, IconMessages } from '@tabler/icons-react'
import type { Message } from '../../api'
import { outbox as t } from '../../text/outbox'

const SIGNS = { email: IconMail, text: IconMessage, chat: IconMessages }

/** Which channel a message goes through, as a small sign that is also read aloud. */
export function ChannelSign({ channel }: { channel: Message['channel'] }) {
  const Sign = SIGNS[channel]
  return (
    <Sign
      size={16}
      stroke={1.6}
      role="img"
      aria-label={t.channels[channel]}
      style={{ flex: 'none', color: 'var(--mantine-color-dimmed)' }}
    >
      <title>{t.channels[channel]}</title>
    </Sign>
  )
}
