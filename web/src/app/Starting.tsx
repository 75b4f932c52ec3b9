import { Center, Loader } from '@mantine/core'
import { t } from '../text'

/** While the first answer is on its way. */
export function Starting() {
  return (
    <Center h="60vh">
      <Loader aria-label={t.common.loading} />
    </Center>
  )
}
