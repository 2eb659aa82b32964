/**
 * Puts marks on what was read. A mark is a range of the text as it was given; what is drawn of it becomes
 * nodes of its own, and not a letter is added, lost or moved.
 */

import type { BlockNode, InlineNode, TableRowNode, Words } from './nodes';
import { indexOf, offsetOf, placeBlocks, type Placed, type Places } from './places';

export type MarkKind = 'shared' | 'some' | 'only' | 'differs';

/** Offsets are in UTF-16 code units of the text. */
export interface TextMark {
  start: number;
  end: number;
  kind: MarkKind;
  /** What the mark means, for those who cannot see it. */
  words: string;
}

/** A mark, with where it lies in what was read. */
export interface PlacedMark extends TextMark {
  from: number;
  to: number;
}

/**
 * The same blocks with the marks on them. Blocks without a mark stay the same objects. `source` is what
 * the blocks were read from: `text` with other line ends, and with seams. Where marks overlap, the one that
 * begins first keeps what they share.
 */
export function markBlocks(
  blocks: readonly BlockNode[],
  source: string,
  text: string,
  marks: readonly TextMark[],
): readonly BlockNode[] {
  const placed = placeMarks(source, text, marks);
  if (placed.length === 0) return blocks;
  return new Marker(placed, placeBlocks(blocks, source)).blocks(blocks);
}

/** Where the first mark in a block begins, as an offset in the text; null where it has none. */
export function firstMark(node: BlockNode): number | null {
  switch (node.kind) {
    case 'paragraph':
    case 'line':
    case 'heading':
      return firstInline(node.inline);
    case 'list':
      return firstOf(
        node.items.flatMap(({ blocks }) => blocks),
        firstMark,
      );
    case 'quote':
      return firstOf(node.blocks, firstMark);
    case 'table':
      return firstOf([node.header, ...node.rows].flat(), ({ inline }) => firstInline(inline));
    case 'code':
    case 'maths':
    case 'raw':
      return node.mark?.start ?? null;
    case 'rule':
      return null;
  }
}

function firstInline(nodes: readonly InlineNode[]): number | null {
  return firstOf(nodes, (node) => {
    if (node.kind === 'mark') return node.isFirst ? node.mark.start : null;
    return 'inline' in node ? firstInline(node.inline) : null;
  });
}

function firstOf<Item>(items: readonly Item[], of: (item: Item) => number | null): number | null {
  for (const item of items) {
    const first = of(item);
    if (first !== null) return first;
  }
  return null;
}

/** Marks in their order, without empty ones, where they lie in the source. */
function placeMarks(source: string, text: string, marks: readonly TextMark[]): PlacedMark[] {
  const shift = shifted(text, source);
  const placed: PlacedMark[] = [];
  let end = 0;
  for (const mark of [...marks].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const from = Math.max(shift(mark.start), end);
    const to = shift(mark.end);
    if (!(to > from)) continue;
    placed.push({ ...mark, from, to });
    end = to;
  }
  return placed;
}

/** Leads from an offset in the text to the same letter in the source that was made of it. */
function shifted(text: string, source: string): (offset: number) => number {
  if (text === source) return (offset) => offset;
  const places = new Uint32Array(text.length + 1);
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    while (at < source.length && isSeam(source.charCodeAt(at)) && !isSeam(character)) at += 1;
    places[index] = at;
    const isLeftOut = isSeam(character) || (character === 13 && text.charCodeAt(index + 1) === 10);
    if (!isLeftOut && at < source.length) at += 1;
  }
  places[text.length] = source.length;
  return (offset) => places[Math.max(0, Math.min(text.length, offset))] ?? source.length;
}

function isSeam(character: number): boolean {
  return character >= 0xfdd0 && character <= 0xfdef;
}

class Marker {
  readonly #marks: readonly PlacedMark[];
  readonly #places: ReadonlyMap<Placed, Places>;
  readonly #begun = new Set<PlacedMark>();

  constructor(marks: readonly PlacedMark[], places: ReadonlyMap<Placed, Places>) {
    this.#marks = marks;
    this.#places = places;
  }

  blocks(blocks: readonly BlockNode[]): BlockNode[] {
    return blocks.map((block) => this.#block(block));
  }

  #block(node: BlockNode): BlockNode {
    switch (node.kind) {
      case 'paragraph':
      case 'line':
      case 'heading': {
        const inline = this.#words(node);
        return inline === node.inline ? node : { ...node, inline };
      }
      case 'list': {
        const items = node.items.map((item) => {
          const blocks = this.blocks(item.blocks);
          return isSame(blocks, item.blocks) ? item : { ...item, blocks };
        });
        return isSame(items, node.items) ? node : { ...node, items };
      }
      case 'quote': {
        const blocks = this.blocks(node.blocks);
        return isSame(blocks, node.blocks) ? node : { ...node, blocks };
      }
      case 'table': {
        const header = this.#row(node.header);
        const rows = node.rows.map((row) => this.#row(row));
        const isAsBefore = header === node.header && isSame(rows, node.rows);
        return isAsBefore ? node : { ...node, header, rows };
      }
      case 'code':
      case 'maths':
      case 'raw': {
        const places = this.#places.get(node);
        const length = node.kind === 'maths' ? node.source.length : node.text.length;
        const mark = places && this.#over(offsetOf(places, 0), offsetOf(places, length));
        return mark ? { ...node, mark } : node;
      }
      case 'rule':
        return node;
    }
  }

  /** The mark that takes in most of a block. */
  #over(start: number, end: number): PlacedMark | undefined {
    let best: PlacedMark | undefined;
    let most = 0;
    for (const mark of this.#within(start, end)) {
      const length = Math.min(mark.to, end) - Math.max(mark.from, start);
      if (length > most) [best, most] = [mark, length];
    }
    return best;
  }

  #row(row: TableRowNode): TableRowNode {
    const cells = row.map((cell) => {
      const inline = this.#words(cell);
      return inline === cell.inline ? cell : { ...cell, inline };
    });
    return isSame(cells, row) ? row : cells;
  }

  #words(words: Words & Placed): InlineNode[] {
    const places = this.#places.get(words);
    if (!places || !this.#touches(places, words.source.length)) return words.inline;
    return this.#inline(words.inline, places);
  }

  #touches(places: Places, length: number): boolean {
    return this.#within(offsetOf(places, 0), offsetOf(places, length)).length > 0;
  }

  #within(start: number, end: number): readonly PlacedMark[] {
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle]?.to ?? 0) <= start) low = middle + 1;
      else high = middle;
    }
    let last = low;
    while (last < this.#marks.length && (this.#marks[last]?.from ?? end) < end) last += 1;
    return this.#marks.slice(low, last);
  }

  #inline(nodes: readonly InlineNode[], places: Places): InlineNode[] {
    const marked: InlineNode[] = [];
    for (const node of nodes) {
      for (const piece of this.#pieces(node, places)) {
        const last = marked.at(-1);
        if (piece.kind === 'mark' && last?.kind === 'mark' && last.mark === piece.mark) {
          last.inline.push(...piece.inline);
        } else marked.push(piece);
      }
    }
    return marked;
  }

  /** A node as it is, or cut where marks begin and end. */
  #pieces(node: InlineNode, places: Places): InlineNode[] {
    switch (node.kind) {
      case 'text':
        return this.#textPieces(node, places);
      case 'code':
      case 'image':
      case 'maths': {
        const at = offsetOf(places, node.at);
        const [mark] = this.#within(at, at + 1);
        return mark ? [this.#marked(mark, [node])] : [node];
      }
      case 'strong':
      case 'em':
      case 'del':
      case 'link': {
        const inline = this.#inline(node.inline, places);
        const [only] = inline;
        // A mark that takes in all of it goes around it, so that it can join its neighbours.
        if (inline.length === 1 && only?.kind === 'mark') {
          return [{ ...only, inline: [{ ...node, inline: only.inline }] }];
        }
        return [{ ...node, inline }];
      }
      default:
        return [node];
    }
  }

  #textPieces(node: InlineNode & { kind: 'text' }, places: Places): InlineNode[] {
    const { text } = node;
    const start = offsetOf(places, offsetOf(node.places, 0));
    const end = offsetOf(places, offsetOf(node.places, text.length));
    const index = (offset: number) => whole(text, indexOf(node.places, indexOf(places, offset)));
    const piece = (from: number, to: number): InlineNode => ({
      ...node,
      text: text.slice(from, to),
    });
    const pieces: InlineNode[] = [];
    let done = 0;
    for (const mark of this.#within(start, end)) {
      const from = Math.max(done, index(mark.from));
      const to = Math.max(from, mark.to >= end ? text.length : index(mark.to));
      if (to === from) continue;
      if (from > done) pieces.push(piece(done, from));
      pieces.push(this.#marked(mark, [piece(from, to)]));
      done = to;
    }
    if (done === 0) return [node];
    if (done < text.length) pieces.push(piece(done, text.length));
    return pieces;
  }

  #marked(mark: PlacedMark, inline: InlineNode[]): InlineNode {
    const isFirst = !this.#begun.has(mark);
    this.#begun.add(mark);
    return { kind: 'mark', mark, isFirst, inline };
  }
}

/** An index within the text, and not within one of its characters. */
function whole(text: string, index: number): number {
  const within = Math.max(0, Math.min(text.length, index));
  const isHalf = /[\udc00-\udfff]/.test(text.charAt(within)) && within > 0;
  return isHalf && /[\ud800-\udbff]/.test(text.charAt(within - 1)) ? within - 1 : within;
}

function isSame(now: readonly unknown[], before: readonly unknown[]): boolean {
  return now.every((each, index) => each === before[index]);
}
