/**
 * Where only the blocks in sight are drawn, others still want to know where the rest would be: those who
 * scroll several answers together, and those who lead to a passage. They ask here.
 */

export interface SectionPlace {
  title: string;
  /** Pixels from the top of what scrolls. */
  top: number;
}

export interface BlockWindow {
  /** All sections, the ones that are not drawn too. */
  sections(): SectionPlace[];
  /**
   * Draws the block with the last mark that begins at this offset of the text or before it. False where
   * it was there already, or where there is none.
   */
  bringIn(offset: number): boolean;
}

const windows = new WeakMap<Element, BlockWindow>();

/** Makes it known for as long as the element is there. */
export function setBlockWindow(element: HTMLElement, blocks: BlockWindow): void {
  element.dataset['blockWindow'] = '';
  windows.set(element, blocks);
}

/** The one in this pane, if only the blocks in sight are drawn there. */
export function blockWindowIn(pane: HTMLElement): BlockWindow | undefined {
  const element = pane.querySelector('[data-block-window]');
  return element ? windows.get(element) : undefined;
}
