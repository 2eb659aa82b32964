/**
 * An answer as sections of statements: the smallest pieces that say something and can be compared. A
 * sentence, an item of a list, a row of a table, a block of code or a formula is one.
 */

import { BlockSplitter, normalise } from '../../../lib/markdown/blocks';
import type { BlockNode, InlineNode, Words } from '../../../lib/markdown/nodes';
import {
  joinPlaces,
  offsetOf,
  placeBlocks,
  type Placed,
  type Places,
} from '../../../lib/markdown/places';
import { plainText, sectionTitles } from '../../../lib/markdown/sections';
import { sentencesOf } from './sentences';

type StatementKind = 'sentence' | 'item' | 'row' | 'code' | 'formula' | 'raw';

export interface Statement {
  kind: StatementKind;
  /** Where it stands in the text, in UTF-16 code units; `end` is behind it. */
  start: number;
  end: number;
  /** Its words, without Markdown. */
  text: string;
  /** The index of its section. */
  section: number;
}

export interface Section {
  /** Empty for what stands before the first heading, which is section 0. */
  title: string;
  start: number;
  end: number;
}

export interface Statements {
  sections: readonly Section[];
  statements: readonly Statement[];
}

/** An item longer than this, in characters, is as many statements as it has sentences. */
const LONG_ITEM = 280;

export function readStatements(text: string): Statements {
  const source = normalise(text, false);
  const { blocks } = new BlockSplitter().update(text, false);
  const places = placeBlocks(blocks, source);
  return new StatementReader(places, originalOffset(text), text.length).read(blocks);
}

/** Leads from the text with one kind of line end back to the text as it is. */
function originalOffset(text: string): (offset: number) => number {
  if (!text.includes('\r')) return (offset) => Math.min(offset, text.length);
  const offsets = new Uint32Array(text.length + 1);
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    offsets[count] = index;
    if (text[index] !== '\r' || text[index + 1] !== '\n') count += 1;
  }
  offsets[count] = text.length;
  return (offset) => offsets[Math.min(offset, count)] ?? text.length;
}

class StatementReader {
  readonly #places: ReadonlyMap<Placed, Places>;
  readonly #original: (offset: number) => number;
  readonly #length: number;
  readonly #statements: Statement[] = [];
  readonly #sections: Section[] = [{ title: '', start: 0, end: 0 }];
  /** Statements never overlap, whatever the places say. */
  #end = 0;

  constructor(
    places: ReadonlyMap<Placed, Places>,
    original: (offset: number) => number,
    length: number,
  ) {
    this.#places = places;
    this.#original = original;
    this.#length = length;
  }

  read(blocks: readonly BlockNode[]): Statements {
    const titles = sectionTitles(blocks);
    for (const [index, block] of blocks.entries()) {
      const title = titles[index] ?? null;
      if (title === null) this.#block(block, 'sentence');
      else this.#beginSection(title, block);
    }
    const last = this.#sections.at(-1);
    if (last) last.end = this.#length;
    return { sections: this.#sections, statements: this.#statements };
  }

  #beginSection(title: string, block: BlockNode): void {
    const places = 'source' in block ? this.#places.get(block) : undefined;
    const start = places ? this.#original(offsetOf(places, 0)) : this.#end;
    const last = this.#sections.at(-1);
    if (last) last.end = start;
    this.#sections.push({ title, start, end: start });
  }

  #block(node: BlockNode, kind: 'sentence' | 'item'): void {
    switch (node.kind) {
      case 'paragraph':
      case 'line':
        return this.#words(node, node.inline, kind);
      case 'heading':
      case 'rule':
        return;
      case 'list':
        for (const item of node.items) {
          for (const block of item.blocks) this.#block(block, 'item');
        }
        return;
      case 'quote':
        for (const block of node.blocks) this.#block(block, kind);
        return;
      case 'table':
        for (const row of node.rows) this.#row(row);
        return;
      case 'code':
        return this.#whole(node, 'code', node.text);
      case 'maths':
        return this.#whole(node, 'formula', node.source);
      case 'raw':
        return this.#whole(node, 'raw', node.text);
    }
  }

  #words(key: Placed, inline: readonly InlineNode[], kind: 'sentence' | 'item'): void {
    const places = this.#places.get(key);
    if (!places) return;
    const words = placedText(inline);
    const isOne = kind === 'item' && words.text.length <= LONG_ITEM;
    const spans = isOne ? [{ start: 0, end: words.text.length }] : sentencesOf(words.text);
    for (const { start, end } of spans) {
      const text = words.text.slice(start, end);
      const lead = text.length - text.trimStart().length;
      const from = offsetOf(places, offsetOf(words.places, start + lead));
      // The place behind the last letter, not that of the next one, which may stand behind a mark.
      const last = start + lead + text.trim().length - 1;
      const to = offsetOf(places, offsetOf(words.places, last)) + 1;
      this.#add(kind, from, to, text);
    }
  }

  #row(cells: readonly Words[]): void {
    const text = cells.map((cell) => plainText(cell.inline)).join(' | ');
    const places = cells.flatMap((cell) => {
      const place = this.#places.get(cell);
      return place && cell.source.trim() !== '' ? [{ cell, place }] : [];
    });
    const first = places[0];
    const last = places.at(-1);
    if (!first || !last) return;
    const end = offsetOf(last.place, last.cell.source.length);
    this.#add('row', offsetOf(first.place, 0), end, text);
  }

  #whole(node: Placed, kind: StatementKind, text: string): void {
    const places = this.#places.get(node);
    if (places) this.#add(kind, offsetOf(places, 0), offsetOf(places, text.length), text);
  }

  #add(kind: StatementKind, from: number, to: number, text: string): void {
    const start = Math.max(this.#end, this.#original(from));
    // Behind its last character: what comes next may be half of a line end.
    const end = Math.min(this.#original(to - 1) + 1, this.#length);
    if (end <= start || text.trim() === '') return;
    this.#end = end;
    const section = this.#sections.length - 1;
    this.#statements.push({ kind, start, end, text: text.trim(), section });
  }
}

/** The words alone, with their places in the source of the words. */
function placedText(nodes: readonly InlineNode[]): { text: string; places: Places } {
  let text = '';
  let places: Places = [];
  const add = (more: string, at: Places) => {
    places = joinPlaces(places, text.length, at);
    text += more;
  };
  const walk = (each: InlineNode): void => {
    switch (each.kind) {
      case 'text':
        // Where the source goes on in another line, no sentence ends.
        return add(each.text.replaceAll('\n', ' '), each.places);
      case 'code':
        return add(each.text, [0, each.at]);
      case 'maths':
        return add(each.source, [0, each.at]);
      case 'image':
        return add(each.alt, [0, each.at]);
      case 'break':
        text += '\n';
        return;
      case 'seam':
        return;
      default:
        each.inline.forEach(walk);
    }
  };
  nodes.forEach(walk);
  return { text, places };
}
