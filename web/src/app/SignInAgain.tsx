import { Modal, Text } from '@mantine/core'
import { expiry } from '../api/expiry'
import { Elsewhere } from '../setup/Elsewhere'
import { SignInForm } from '../setup/SignInForm'
import { t } from '../text'
import { useMe } from './useMe'

/** Over the page that is open: what was written there stays, and goes on when the session does. */
export function SignInAgain() {
  const open = expiry.useIsOpen()
  const me = useMe()
  const leave = () => {
    expiry.settle(false)
    window.location.assign('/sign-in')
  }
  return (
    <Modal
      opened={open}
      onClose={leave}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title={t.session.ended}
      zIndex={500}
    >
      <Text size="sm" mb="md">
        {t.session.endedMore}
      </Text>
      <Elsewhere from="/" beside={() => expiry.settle(true)}>
        <SignInForm email={me.user.email} onDone={() => expiry.settle(true)} onOther={leave} />
      </Elsewhere>
    </Modal>
  )
}
