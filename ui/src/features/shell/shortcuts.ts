/** Keys as people write them ("Ctrl+Shift+K", "?", "1"), matched against what the keyboard sends. */

export const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The same key as it is printed on this computer's keyboard. */
export function shownKeys(keys: string): string {
  return isMac ? keys.replace('Ctrl', '⌘') : keys;
}

export function matches(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split('+');
  const key = parts.pop() ?? '';
  const wantsControl = parts.includes('Ctrl');
  const hasControl = isMac ? event.metaKey : event.ctrlKey;
  if (wantsControl !== hasControl || event.altKey !== parts.includes('Alt')) return false;
  // "?" needs Shift on most keyboards, and not on all.
  if (key.length > 1 || /[a-z0-9]/i.test(key)) {
    if (event.shiftKey !== parts.includes('Shift')) return false;
  }
  return event.key.toLowerCase() === key.toLowerCase();
}

/** Whether what is pressed is being typed somewhere. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select');
}
