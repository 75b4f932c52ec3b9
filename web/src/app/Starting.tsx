import { Center } from '@mantine/core'
import { Spinner } from '../parts/Spinner'
import { t } from '../text'

/** While the first answer is on its way. */
export function Starting() {
  return (
    <Center h="60vh">
      <Spinner label={t.common.loading} />
    </Center>
  )
}
