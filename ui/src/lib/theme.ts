/**
 * Puts the chosen theme on <html>, where tokens.css reads it. `system` follows the window, whose own
 * theme the shell sets before the page loads, so that there is no flash of the wrong one.
 */

export type ThemeChoice = 'system' | 'light' | 'dark';
export type ContrastChoice = 'system' | 'more';

const MORE_CONTRAST = '(prefers-contrast: more)';

/**
 * Applies the choice, and keeps following the system's contrast where asked to.
 * Returns the function that stops following.
 */
export function applyTheme(theme: ThemeChoice, contrast: ContrastChoice = 'system'): () => void {
  const root = document.documentElement;
  root.dataset['theme'] = theme;

  const query = matchMedia(MORE_CONTRAST);
  const follow = () => {
    root.dataset['contrast'] = contrast === 'more' || query.matches ? 'more' : 'normal';
  };
  follow();
  query.addEventListener('change', follow);
  return () => query.removeEventListener('change', follow);
}
