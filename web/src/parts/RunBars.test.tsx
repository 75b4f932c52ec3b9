import { MantineProvider } from '@mantine/core'
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { MemoryRouter } from 'react-router'
import { afterEach, describe, expect, it } from 'vitest'
import { RunBars } from './RunBars'
import type { RunBar } from './runBarsShape'

afterEach(cleanup)

const bars: RunBar[] = [11, 12, 13].map((id) => ({
  id,
  status: id === 12 ? 'failed' : 'succeeded',
  at: '2026-11-22T10:00:00Z',
  seconds: 2,
  module: 'orders',
  record_id: String(id),
  record_title: null,
  bulk: false,
  matched: null,
  failed: null,
}))

function show(shown = bars) {
  render(
    <MantineProvider>
      <MemoryRouter>
        <RunBars bars={shown} name="Late orders" />
      </MemoryRouter>
    </MantineProvider>,
  )
}

const links = () => screen.getAllByTestId('run-bar')
const focused = () => document.activeElement?.getAttribute('href')

describe('bars of recent runs', () => {
  it('are one group whose name sums them up', () => {
    show()
    expect(screen.getByRole('group', { name: 'Late orders: 3 runs: 2 succeeded, 1 failed' })).toBeTruthy()
  })

  it('lead to their runs', () => {
    show()
    expect(links().map((link) => link.getAttribute('href'))).toEqual(['/runs/11', '/runs/12', '/runs/13'])
  })

  it('are one tab stop, at the newest first, with arrows between them', async () => {
    const user = userEvent.setup()
    show()
    await user.tab()
    expect(focused()).toBe('/runs/13')
    await user.keyboard('{ArrowLeft}')
    expect(focused()).toBe('/runs/12')
    await user.keyboard('{Home}')
    expect(focused()).toBe('/runs/11')
    await user.keyboard('{ArrowLeft}')
    expect(focused()).toBe('/runs/11')
    await user.keyboard('{End}{ArrowRight}')
    expect(focused()).toBe('/runs/13')
    expect(links().filter((link) => link.tabIndex === 0)).toHaveLength(1)
  })

  it('say in words that there are none', () => {
    show([])
    expect(screen.getByText('No runs yet')).toBeTruthy()
  })
})
