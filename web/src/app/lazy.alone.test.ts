import { beforeEach, describe, expect, it, vi } from 'vitest'
import { connection } from '../api/connection'
import { ApiProblem } from '../api/problem'
import { patiently } from './lazy'

const getSetup = vi.hoisted(() => vi.fn())
vi.mock('../api', async () => ({
  ...(await import('../api/problem')),
  ...(await import('../api/connection')),
  api: { getSetup },
}))

const NOT_FETCHED = new TypeError('Failed to fetch dynamically imported module: /assets/part.js')
const away = () => Promise.reject(new ApiProblem(0, { code: 'unreachable' }))
const there = () => Promise.resolve({})

describe('code that is fetched when it is needed', () => {
  beforeEach(() => {
    connection.heard(200)
    getSetup.mockReset()
  })

  it('is fetched at once while the server is there', async () => {
    expect(await patiently(async () => 'part')).toBe('part')
    expect(getSetup).not.toHaveBeenCalled()
  })

  it('is waited for while the server is away, and fetched as soon as it is back', async () => {
    getSetup.mockImplementationOnce(() => {
      connection.lost()
      return away()
    })
    getSetup.mockImplementationOnce(away)
    const load = vi.fn().mockRejectedValueOnce(NOT_FETCHED).mockResolvedValue('part')
    const found = patiently(load)
    await vi.waitFor(() => expect(getSetup).toHaveBeenCalledTimes(2))
    expect(load).toHaveBeenCalledTimes(1)
    connection.heard(200)
    expect(await found).toBe('part')
    expect(load).toHaveBeenCalledTimes(2)
  })

  it('fails where the server answers and has it no more, as after an update', async () => {
    getSetup.mockImplementation(there)
    await expect(patiently(() => Promise.reject(NOT_FETCHED))).rejects.toBe(NOT_FETCHED)
  })
})
