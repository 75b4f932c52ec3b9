import { Box, Group, ScrollArea, SegmentedControl, Text } from '@mantine/core'
import { editor as t } from '../../text/editor'
import { titleOf } from '../canvas/NodeCard'
import type { Clash, Said, Side } from '../merge'
import { useEditorState } from '../store'

interface Props {
  clashes: readonly Clash[]
  choices: ReadonlyMap<string, Side>
  onChoose: (key: string, side: Side) => void
}

/** The places that both changed: for each, one chooses whose it shall be. */
export function ClashList({ clashes, choices, onChoose }: Props) {
  const blocks = useEditorState((state) => state.known.blocks)
  const nameOf = ({ kind, key, node, port }: Clash): string => {
    if (kind === 'said') return t.said[key as Said]
    const title = node ? titleOf({ node, block: blocks.get(node.block) }) : key
    return kind === 'exit' ? t.conflict.exitOf(title, port ?? '') : title
  }
  return (
    <Box>
      <Text size="sm" fw={600} mb={4}>
        {t.conflict.both(clashes.length)}
      </Text>
      <ScrollArea.Autosize mah={240}>
        {clashes.map((clash) => (
          <Group key={clash.key} justify="space-between" wrap="nowrap" py={4} gap="sm">
            <Text size="sm" truncate>
              {nameOf(clash)}
            </Text>
            <SegmentedControl
              size="xs"
              aria-label={nameOf(clash)}
              data={[
                {
                  value: 'mine',
                  label: clash.mine === undefined ? t.conflict.mineGone : t.conflict.mineHere,
                },
                {
                  value: 'theirs',
                  label: clash.theirs === undefined ? t.conflict.theirsGone : t.conflict.theirsHere,
                },
              ]}
              value={choices.get(clash.key) ?? ''}
              onChange={(side) => onChoose(clash.key, side as Side)}
            />
          </Group>
        ))}
      </ScrollArea.Autosize>
    </Box>
  )
}
