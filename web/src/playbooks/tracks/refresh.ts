import { queries } from '../../api'

/** Whatever shows how far playbooks are, is asked for again. */
export function refreshTracks() {
  const shown = ['listRecordPlaybooks', 'getPlaybookTrack', 'getRecordStrategy', 'listPlaybooks']
  for (const _id of [...shown, 'listInbox', 'countInbox', 'getHome'])
    queries.invalidateQueries({ queryKey: [{ _id }] })
}
