import { Alert, Text } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { connection } from '../api'
import { t } from '../text'

/** A bar while the server does not answer; short breaks, as at a restart, are not worth a word. */
export function Connection() {
  const online = connection.use()
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (online) return setLate(false)
    const timer = setTimeout(() => setLate(true), 1_500)
    return () => clearTimeout(timer)
  }, [online])
  if (online || !late) return null
  return (
    <Alert color="orange" radius={0} py={6} icon={<IconPlugConnectedX aria-hidden />} role="status">
      <Text size="sm">
        <b>{t.frame.offline}</b> {t.frame.offlineMore}
      </Text>
    </Alert>
  )
}
