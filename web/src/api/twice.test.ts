import { describe, expect, it } from 'vitest'
import { onceIfPressedTwice } from './twice'

function office() {
  let clock = 0
  const arrived: string[] = []
  const send = (method: string, path: string, body?: unknown, etag = '') =>
    onceIfPressedTwice(
      new Request(`http://office.example${path}`, {
        method,
        body: body === undefined ? undefined : JSON.stringify(body),
        headers: { 'Content-Type': 'application/json', 'If-Match': etag },
      }),
      async () => {
        arrived.push(`${method} ${JSON.stringify(body)}`)
        return new Response(String(arrived.length))
      },
      () => clock,
    ).then((answer) => answer.text())
  return { send, arrived, later: (ms: number) => (clock += ms) }
}

describe('a request that is sent twice', () => {
  it('by a double-click arrives once, and both get the answer', async () => {
    const { send, arrived, later } = office()
    const first = send('POST', '/a', { name: 'Ωραία' })
    later(200)
    expect(await Promise.all([first, send('POST', '/a', { name: 'Ωραία' })])).toEqual(['1', '1'])
    expect(arrived).toHaveLength(1)
  })

  it('is sent again when it is a second wish', async () => {
    const { send, arrived, later } = office()
    await send('POST', '/b', {})
    later(800)
    await send('POST', '/b', {})
    expect(arrived).toHaveLength(2)
  })

  it.each<[string, () => [string, string, unknown, string]]>([
    ['other words', () => ['POST', '/c', { a: 1 }, '']],
    ['another state of the thing', () => ['POST', '/c', {}, 'two']],
    ['another deed', () => ['DELETE', '/c', {}, '']],
    ['another place', () => ['POST', '/d', {}, '']],
  ])('arrives when it has %s', async (_what, other) => {
    const { send, arrived, later } = office()
    later(10_000)
    await send('POST', '/c', {})
    await send(...other())
    expect(arrived).toHaveLength(2)
  })

  it('on, off, on is three', async () => {
    const { send, arrived } = office()
    for (const on of [true, false, true]) await send('PUT', '/switch', { on })
    expect(arrived).toHaveLength(3)
  })

  it('to read, is read each time', async () => {
    const { send, arrived } = office()
    await send('GET', '/e')
    await send('GET', '/e')
    expect(arrived).toHaveLength(2)
  })

  it('to read with words of its own, is read each time', async () => {
    let asked = 0
    const ask = () =>
      onceIfPressedTwice(
        new Request('http://office.example/g', { method: 'POST', cache: 'no-store' }),
        async () => new Response(String(++asked)),
      )
    expect(await (await ask()).text()).toBe('1')
    expect(await (await ask()).text()).toBe('2')
  })

  it('is sent again at once when the first did not arrive', async () => {
    const ask = () => new Request('http://office.example/f', { method: 'POST' })
    const away = onceIfPressedTwice(ask(), () => Promise.reject(new Error('away')))
    await expect(away).rejects.toThrow('away')
    expect(await (await onceIfPressedTwice(ask(), async () => new Response('ok'))).text()).toBe('ok')
  })
})
