/**
 * Which chat or comparison is on screen, in the address: it outlives a reload of the window and nothing
 * else, so that an answer that is being written is joined again where it was looked at.
 */

export interface Place {
  kind: 'chat' | 'compare';
  /** `null` for one that has not begun. */
  id: string | null;
}

export function placeFromAddress(): Place | null {
  const [, kind, id = ''] = /^#(chat|compare)(?:\/(.+))?$/.exec(location.hash) ?? [];
  if (kind !== 'chat' && kind !== 'compare') return null;
  return { kind, id: id === '' ? null : decodeURIComponent(id) };
}

export function rememberPlace({ kind, id }: Place): void {
  const hash =
    id !== null ? `#${kind}/${encodeURIComponent(id)}` : kind === 'chat' ? '' : `#${kind}`;
  if (hash === location.hash) return;
  history.replaceState(null, '', `${location.pathname}${location.search}${hash}`);
}
