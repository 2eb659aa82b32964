/** The icons that RowIcons.svelte draws once and rows show by reference. */
export type RowIcon = 'images' | 'pdf' | 'tools' | 'thinking' | 'json' | 'open' | 'star' | 'fold';

/** Where a drawing stands, for the `href` of a `<use>`. */
export function iconHref(icon: RowIcon): string {
  return `#row-icon-${icon}`;
}
