import { Badge, Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import type { GalleryItem } from '../../api'
import { gallery as t } from '../../text/wizard'
import { workflows } from '../../text/workflows'

/** One ready-made workflow among the others. */
export function GalleryCard({ item, onLook }: { item: GalleryItem; onLook: () => void }) {
  return (
    <Paper className="surface" p="sm" data-testid={`gallery-${item.pack}-${item.key}`}>
      <Stack gap={6} h="100%" justify="space-between">
        <div>
          <Title order={2} fz="sm" lh={1.35}>
            {item.name}
          </Title>
          <Text size="xs" c="dimmed" mt={4} lineClamp={3}>
            {item.description}
          </Text>
        </div>
        <Group justify="space-between" wrap="nowrap" gap="xs">
          <Group gap={4}>
            <Badge color="gray" miw="max-content">
              {item.pack_name}
            </Badge>
            <Badge color="gray" miw="max-content">
              {workflows.categories[item.category]}
            </Badge>
            {item.here && (
              <Badge color="green" miw="max-content">
                {t.here}
              </Badge>
            )}
            {item.missing.length > 0 && (
              <Badge color="yellow" miw="max-content">
                {t.missing}
              </Badge>
            )}
          </Group>
          <Button size="compact-sm" variant="default" onClick={onLook} aria-label={t.look(item.name)}>
            {workflows.gallery.look}
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}
