/**
 * Where what is drawn stands in the source. What is drawn is the source with some characters left out
 * (marks, quote signs, indents), so a few pairs say it all: from this letter on, the source goes on there.
 */

import type { BlockNode, Words } from './nodes';

/** Pairs in a row, both rising: an index in what is drawn, and the offset in the source of that letter. */
export type Places = readonly number[];

/** The offset in the source of a letter that is drawn. */
export function offsetOf(places: Places, index: number): number {
  const pair = lastPair(places, 0, index);
  const [from = 0, offset = 0] = places.slice(pair, pair + 2);
  const next = places[pair + 3] ?? Infinity;
  return Math.min(offset + Math.max(0, index - from), next);
}

/** The letter that is drawn for an offset in the source, or the next one that is. */
export function indexOf(places: Places, offset: number): number {
  const pair = lastPair(places, 1, offset);
  const [index = 0, from = 0] = places.slice(pair, pair + 2);
  const next = places[pair + 2] ?? Infinity;
  return Math.min(index + Math.max(0, offset - from), next);
}

/** The last pair whose first (0) or second (1) number is not beyond `value`. */
function lastPair(places: Places, which: 0 | 1, value: number): number {
  let low = 0;
  let high = places.length / 2 - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((places[middle * 2 + which] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low * 2;
}

export function slicePlaces(places: Places, from: number, to: number): Places {
  if (from === 0 && places.length <= 2) return places;
  const slice = [0, offsetOf(places, from)];
  for (let pair = 0; pair < places.length; pair += 2) {
    const index = places[pair] ?? 0;
    if (index > from && index < to) slice.push(index - from, places[pair + 1] ?? 0);
  }
  return slice;
}

/** Places of two texts that are drawn one after the other, the first of them `length` long. */
export function joinPlaces(first: Places, length: number, second: Places): Places {
  const joined = [...first];
  for (let pair = 0; pair < second.length; pair += 2) {
    const index = length + (second[pair] ?? 0);
    const offset = second[pair + 1] ?? 0;
    const [lastIndex, lastOffset] = joined.slice(-2);
    const goesOn =
      lastIndex !== undefined &&
      lastOffset !== undefined &&
      offset - lastOffset === index - lastIndex;
    if (!goesOn) joined.push(index, offset);
  }
  return joined;
}

/** What has a place in the source: words, and blocks that are text as a whole. */
export type Placed = Words | (BlockNode & { kind: 'code' | 'maths' | 'raw' });

/** Text between one block and the next is marks and blank lines: that much is searched for the next line. */
const WINDOW = 1_000;
/** Lines looked for through all that is left; more than a few mean a text that nobody should wait for. */
const LONG_SEARCHES = 40;

const BEFORE_WORDS = /[\s>]*/y;
const BEFORE_HEADING = /[\s>]*#{1,6}[ \t]+/y;
const BEFORE_ITEM = /[\s>]*(?:[-+*]|\d{1,9}[.)])[ \t]*(?:\[[ xX]\][ \t]+)?/y;
const FENCE = /[\s>]*(?:`{3,}|~{3,})[^\n]*(?:\n|$)/y;
const FENCE_END = /[\s>]*(?:`{3,}|~{3,})[ \t]*(?=\n|$)/y;
const RULE = /[\s>]*[-*_](?:[ \t]*[-*_]){2,}[ \t]*(?=\n|$)/y;
const BEFORE_ROW = /[\s>]*/y;
const BEFORE_CELL = /[ \t]*\|?[ \t]*/y;
const DELIMITERS = /[ \t]*\|?[ \t]*\n[\s>]*\|?[ \t:|-]+(?=\n|$)/y;

/**
 * Where all the words of a text stand in it. `source` is what the blocks were read from. Lines are looked
 * for in their order, so that no place ever lies before the one in front of it or outside the source.
 */
export function placeBlocks(
  blocks: readonly BlockNode[],
  source: string,
): ReadonlyMap<Placed, Places> {
  const search = new PlaceSearch(source);
  search.blocks(blocks);
  return search.places;
}

class PlaceSearch {
  readonly places = new Map<Placed, Places>();
  readonly #source: string;
  #at = 0;
  #longSearches = LONG_SEARCHES;

  constructor(source: string) {
    this.#source = source;
  }

  blocks(blocks: readonly BlockNode[]): void {
    for (const block of blocks) this.#block(block);
  }

  #block(node: BlockNode): void {
    switch (node.kind) {
      case 'paragraph':
      case 'line':
        return this.#place(node, node.source);
      case 'heading':
        this.#skip(BEFORE_HEADING);
        return this.#place(node, node.source);
      case 'list':
        for (const item of node.items) {
          this.#skip(BEFORE_ITEM);
          this.blocks(item.blocks);
        }
        return;
      case 'quote':
        return this.blocks(node.blocks);
      case 'code': {
        const isFenced = !this.#comesNext(node.text) && this.#skip(FENCE);
        this.#place(node, node.text);
        if (isFenced) this.#skip(FENCE_END);
        return;
      }
      case 'table':
        this.#row(node.header);
        this.#skip(DELIMITERS);
        for (const row of node.rows) this.#row(row);
        return;
      case 'rule':
        this.#skip(RULE);
        return;
      case 'maths':
        return this.#place(node, node.source);
      case 'raw':
        return this.#place(node, node.text);
    }
  }

  #row(cells: readonly Words[]): void {
    // The bar that ends the row before, and the beginning of this one.
    this.#skip(BEFORE_CELL);
    this.#skip(BEFORE_ROW);
    for (const cell of cells) {
      this.#skip(BEFORE_CELL);
      this.#place(cell, cell.source);
    }
  }

  /** Whether what stands here is the text itself, such as fence marks in indented code. */
  #comesNext(text: string): boolean {
    BEFORE_WORDS.lastIndex = this.#at;
    BEFORE_WORDS.test(this.#source);
    const [line = ''] = text.trimStart().split('\n', 1);
    return line !== '' && this.#source.startsWith(line, BEFORE_WORDS.lastIndex);
  }

  #skip(marks: RegExp): boolean {
    marks.lastIndex = this.#at;
    const found = marks.test(this.#source);
    if (found) this.#at = marks.lastIndex;
    return found;
  }

  #place(key: Placed, text: string): void {
    const places: number[] = [];
    let index = 0;
    for (const line of text.split('\n')) {
      if (line.trim() !== '') this.#line(line, index, places);
      index += line.length + 1;
    }
    if (places.length === 0) places.push(0, this.#at);
    else if (places[0] !== 0) places.unshift(0, places[1] ?? 0);
    this.places.set(key, places);
  }

  #line(line: string, index: number, places: number[]): void {
    const found = this.#find(line);
    if (found !== null) {
      places.push(index, found);
      this.#at = found + line.length;
      return;
    }
    // A bar within a cell is written with a backslash.
    const escaped = line.replaceAll('|', '\\|');
    const cell = escaped === line ? null : this.#find(escaped);
    if (cell === null) {
      // Nowhere: all of it stands between what was found before it and what comes next.
      places.push(index, this.#at, index + line.length, this.#at);
      return;
    }
    places.push(index, cell);
    this.#at = cell + escaped.length;
    let shift = 0;
    for (const bar of line.matchAll(/\|/g)) {
      shift += 1;
      places.push(index + bar.index + 1, cell + bar.index + 1 + shift);
    }
  }

  #find(line: string): number | null {
    const source = this.#source;
    if (source.startsWith(line, this.#at)) return this.#at;
    if (source.startsWith(line, this.#at + 1)) return this.#at + 1;
    BEFORE_WORDS.lastIndex = this.#at;
    BEFORE_WORDS.test(source);
    if (source.startsWith(line, BEFORE_WORDS.lastIndex)) return BEFORE_WORDS.lastIndex;

    const near = source.slice(this.#at, this.#at + WINDOW + line.length).indexOf(line);
    if (near >= 0) return this.#at + near;
    if (this.#longSearches === 0) return null;
    this.#longSearches -= 1;
    const far = source.indexOf(line, this.#at);
    return far < 0 ? null : far;
  }
}
