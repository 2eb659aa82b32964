/**
 * Which chat is on screen, in the address: it outlives a reload of the window and nothing else, so that
 * an answer that is being written is joined again where it was looked at.
 */

const PREFIX = '#chat/';

export function placeFromAddress(): string | null {
  const { hash } = location;
  return hash.startsWith(PREFIX) ? decodeURIComponent(hash.slice(PREFIX.length)) : null;
}

export function rememberPlace(conversationId: string | null): void {
  const hash = conversationId === null ? '' : `${PREFIX}${encodeURIComponent(conversationId)}`;
  if (hash === location.hash) return;
  history.replaceState(null, '', `${location.pathname}${location.search}${hash}`);
}
