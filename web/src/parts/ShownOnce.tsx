import { ActionIcon, Code, CopyButton, Group, Input, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { t } from '../text'

interface Props {
  label: string
  value: string
  description?: string
}

/** A secret that is on the screen this once, with a button that copies it. */
export function ShownOnce({ label, value, description }: Props) {
  return (
    <Input.Wrapper label={label} description={description} labelElement="div">
      <Group wrap="nowrap" gap="xs" mt={4} align="flex-start">
        <Code
          block
          aria-label={label}
          style={{ flex: 1, minWidth: 0, wordBreak: 'break-all', whiteSpace: 'pre-wrap' }}
        >
          {value}
        </Code>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? t.common.copied : t.common.copy}>
              <ActionIcon
                variant="default"
                size="lg"
                onClick={copy}
                aria-label={`${t.common.copy}: ${label}`}
                color={copied ? 'green' : undefined}
              >
                {copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
    </Input.Wrapper>
  )
}
