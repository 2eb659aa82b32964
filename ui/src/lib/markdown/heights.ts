/**
 * How high the blocks of an answer are: measured where they were drawn, guessed where not yet. From it
 * follows which blocks are in sight, and how much room those have that are not drawn.
 */

import type { BlockNode, ListItemNode } from './nodes';

/** Between two blocks, in pixels, as Markdown.svelte draws them. */
export const GAP = 10;
/** An average letter and a line of the window's text, in pixels. A guess is allowed to be wrong. */
const LETTER = 7;
const LINE = 22;
const CODE_LINE = 19;
const CODE_FRAME = 40;
const TABLE_ROW = 31;
const INDENT = 22;
/** What fills less of the sight than this does not scroll yet, and room would make it. */
const FIRST_SCREEN = 0.8;
/** The part of a screen that is kept free at least. */
const SPARE = 0.2;
/** Before anything was laid out. */
const USUAL_WIDTH = 320;

interface Measured {
  node: BlockNode;
  extent: number;
}

export class BlockHeights {
  #blocks: readonly BlockNode[] = [];
  #width = USUAL_WIDTH;
  #measured: (Measured | undefined)[] = [];
  /** Where each block begins, and behind the last one where all end. */
  #tops: number[] = [0];
  /** The tops up to here are right. */
  #known = 0;

  /** Takes the blocks as they are now. Blocks that are the same objects keep their heights. */
  setBlocks(blocks: readonly BlockNode[]): void {
    let same = 0;
    while (same < blocks.length && blocks[same] === this.#blocks[same]) same += 1;
    this.#blocks = blocks;
    this.#measured.length = Math.min(this.#measured.length, blocks.length);
    this.#tops.length = Math.min(this.#tops.length, blocks.length + 1);
    this.#known = Math.min(this.#known, same);
  }

  /** Another width makes other lines, so nothing that was measured holds any more. */
  setWidth(width: number): void {
    if (width <= 0 || Math.abs(width - this.#width) < 1) return;
    this.#width = width;
    this.#measured = [];
    this.#known = 0;
  }

  /** Notes what a block takes, with the gap before it. True where that is news. */
  measure(index: number, extent: number): boolean {
    const node = this.#blocks[index];
    if (!node) return false;
    const isNews = Math.abs(this.#extent(index) - extent) >= 0.5;
    this.#measured[index] = { node, extent };
    if (isNews) this.#known = Math.min(this.#known, index);
    return isNews;
  }

  get count(): number {
    return this.#blocks.length;
  }

  get total(): number {
    return this.top(this.count);
  }

  /** Where a block begins, the gap before it included, in pixels from the first one's top. */
  top(index: number): number {
    const end = Math.min(index, this.count);
    for (let at = this.#known; at < end; at += 1) {
      this.#tops[at + 1] = (this.#tops[at] ?? 0) + this.#extent(at);
    }
    this.#known = Math.max(this.#known, end);
    return this.#tops[end] ?? 0;
  }

  /** The block at a place; the first or the last one where there is none. */
  indexAt(place: number): number {
    let low = 0;
    let high = Math.max(0, this.count - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.top(middle) <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #extent(index: number): number {
    const node = this.#blocks[index];
    const measured = this.#measured[index];
    if (!node) return 0;
    if (measured?.node === node) return measured.extent;
    const guess = guessHeight(node, this.#width) + (index === 0 ? 0 : GAP);
    // One that has grown since, out of sight, is at least as high as it was.
    return measured?.node.kind === node.kind ? Math.max(measured.extent, guess) : guess;
  }
}

/**
 * Room for text that still grows, in pixels; 0 where it needs none. An engine draws a pane anew whenever what
 * scrolls in it grows, so room is given before it is needed: a screen at most where the end is read, else up
 * to as much again.
 */
export function roomFor(total: number, viewHeight: number, isEndInSight: boolean): number {
  const screens = total / viewHeight;
  if (screens < FIRST_SCREEN) return 0;
  if (isEndInSight) return Math.ceil(screens + SPARE) * viewHeight;
  return 2 ** Math.ceil(Math.log2(screens + SPARE)) * viewHeight;
}

/** About how high a block is in a column of this width, in pixels. */
export function guessHeight(node: BlockNode, width: number): number {
  switch (node.kind) {
    case 'paragraph':
    case 'line':
      return linesOf(node.source, width) * LINE;
    case 'heading':
      return linesOf(node.source, width) * 26 + 8;
    case 'raw':
      return linesOf(node.text, width) * LINE;
    case 'code':
      return lineBreaks(node.text) * CODE_LINE + CODE_FRAME;
    case 'maths':
      return 2 * LINE;
    case 'rule':
      return 13;
    case 'table':
      return (node.rows.length + 1) * TABLE_ROW;
    case 'quote':
      return heightOfAll(node.blocks, width - INDENT);
    case 'list':
      return node.items.reduce((sum, item) => sum + itemHeight(item, width - INDENT), 0);
  }
}

function itemHeight({ blocks }: ListItemNode, width: number): number {
  return Math.max(LINE, heightOfAll(blocks, width));
}

function heightOfAll(blocks: readonly BlockNode[], width: number): number {
  return blocks.reduce((sum, block) => sum + guessHeight(block, width), 0);
}

function linesOf(text: string, width: number): number {
  const perLine = Math.max(8, Math.floor(width / LETTER));
  return Math.max(1, Math.ceil(text.length / perLine));
}

function lineBreaks(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
