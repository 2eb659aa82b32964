/** Keys as people write them ("Ctrl+Shift+K", "?", "1"), matched against what the keyboard sends. */

export const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The same key as it is printed on this computer's keyboard. */
export function shownKeys(keys: string): string {
  return isMac ? keys.replace('Ctrl', '⌘') : keys;
}

export function matches(event: KeyboardEvent, keys: string): boolean {
  // The last key may be "+" itself.
  const at = keys.lastIndexOf('+', keys.length - 2);
  const key = keys.slice(at + 1);
  const parts = keys.slice(0, Math.max(at, 0)).split('+');
  const wantsControl = parts.includes('Ctrl');
  const hasControl = isMac ? event.metaKey : event.ctrlKey;
  if (wantsControl !== hasControl || event.altKey !== parts.includes('Alt')) return false;
  // "?" needs Shift on most keyboards, and not on all.
  if (key.length > 1 || /[a-z0-9]/i.test(key)) {
    if (event.shiftKey !== parts.includes('Shift')) return false;
  }
  // Where "+" stands over "=", nobody holds Shift to zoom.
  const pressed = key === '+' && event.key === '=' ? '+' : event.key;
  return pressed.toLowerCase() === key.toLowerCase();
}

/** Whether what is pressed is being typed somewhere. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select');
}
