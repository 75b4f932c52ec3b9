import { create } from 'zustand'

interface Connection {
  /** Whether the last request got through. */
  online: boolean
}

const useStore = create<Connection>(() => ({ online: true }))

/** Whether the server answers: what requests and the live stream saw last. */
export const connection = {
  use: () => useStore((state) => state.online),
  get: () => useStore.getState().online,
  subscribe: useStore.subscribe,
  heard: (status: number) => set(status !== 502 && status !== 504),
  lost: () => set(false),
}

function set(online: boolean) {
  if (useStore.getState().online !== online) useStore.setState({ online })
}
