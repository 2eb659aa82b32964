/**
 * From source to nodes. Blocks are read first and the words in them only when their node is built, so
 * that a block which has not changed since the last reading costs no second look at its words.
 */

import type { Lexer, MarkedToken, Token, Tokens } from 'marked';

import { safeAddress } from './addresses';
import { decodeEntities, decodeWithPlaces } from './entities';
import { createLexer, type MathsToken, type OpenMathsToken } from './grammar';
import type { BlockNode, InlineNode, ListItemNode, TableRowNode } from './nodes';
import { joinPlaces, slicePlaces, type Places } from './places';
import { splitSeams, withoutSeams } from './seam';

export type LinkDefinitions = Lexer['tokens']['links'];

type KnownToken = MarkedToken | MathsToken | OpenMathsToken;

export interface BlockTokens {
  tokens: Token[];
  /** The definitions that were passed in, and those that were found. */
  links: LinkDefinitions;
  lexer: Lexer;
}

/** Emphasis deeper than this is shown as the text it was written as. */
const DEEPEST_INLINE = 16;
/** Words in one run beyond this are not looked at, only shown: emphasis can take quadratic time. */
const LONGEST_INLINE = 10_000;

/** Cuts the source into blocks without reading the words in them. */
export function readBlocks(source: string, links: LinkDefinitions): BlockTokens {
  const lexer = createLexer();
  Object.assign(lexer.tokens.links, links);
  try {
    lexer.blockTokens(source, lexer.tokens);
  } catch {
    // Text built to exhaust the lexer (its stack, or its guard against loops) is shown as it is.
    return readPlain(source);
  }
  return { tokens: [...lexer.tokens], links: lexer.tokens.links, lexer };
}

/** Takes the whole source as one block that is shown letter for letter. */
export function readPlain(source: string): BlockTokens {
  const token: Tokens.HTML = { type: 'html', raw: source, text: source, pre: false, block: true };
  const lexer = createLexer();
  return { tokens: [token], links: lexer.tokens.links, lexer };
}

/**
 * The nodes of a reading. A node that would be the same as the one at its place in `previous` is that
 * object, so that what is drawn from it stays as it is.
 */
export function buildNodes(reading: BlockTokens, previous: readonly BlockNode[] = []): BlockNode[] {
  const sources = new Map<Token[], string>();
  for (const { src, tokens } of reading.lexer.inlineQueue) sources.set(tokens, src);
  return new NodeBuilder(reading.lexer, sources).blocks(reading.tokens, previous);
}

class NodeBuilder {
  readonly #lexer: Lexer;
  readonly #sources: ReadonlyMap<Token[], string>;

  constructor(lexer: Lexer, sources: ReadonlyMap<Token[], string>) {
    this.#lexer = lexer;
    this.#sources = sources;
  }

  blocks(tokens: readonly Token[], previous: readonly BlockNode[]): BlockNode[] {
    const nodes: BlockNode[] = [];
    for (const token of tokens) {
      const node = this.#block(token as KnownToken, previous[nodes.length]);
      if (node) nodes.push(node);
    }
    return nodes;
  }

  #block(token: KnownToken, before: BlockNode | undefined): BlockNode | undefined {
    switch (token.type) {
      case 'paragraph':
      case 'text': {
        const kind = token.type === 'text' ? 'line' : 'paragraph';
        const source = this.#source(token.tokens, token.text);
        if (before?.kind === kind && before.source === source) return before;
        return { kind, source, inline: this.#words(source) };
      }
      case 'heading': {
        const { depth: level } = token;
        const source = this.#source(token.tokens, token.text);
        const isSame =
          before?.kind === 'heading' && before.level === level && before.source === source;
        return isSame ? before : { kind: 'heading', level, source, inline: this.#words(source) };
      }
      case 'list':
        return this.#list(token, before);
      case 'table':
        return this.#table(token, before);
      case 'blockquote': {
        const old = before?.kind === 'quote' ? before : undefined;
        const blocks = this.blocks(token.tokens, old?.blocks ?? []);
        return old && sameItems(old.blocks, blocks) ? old : { kind: 'quote', blocks };
      }
      case 'code': {
        const text = withoutSeams(token.text);
        const language = languageOf(token.lang);
        const closed = isClosed(token);
        const isSame =
          before?.kind === 'code' &&
          before.text === text &&
          before.language === language &&
          before.closed === closed;
        return isSame ? before : { kind: 'code', language, text, closed };
      }
      case 'hr':
        return before?.kind === 'rule' ? before : { kind: 'rule' };
      case 'maths': {
        const source = withoutSeams(token.text);
        const isSame = before?.kind === 'maths' && before.source === source;
        return isSame ? before : { kind: 'maths', source };
      }
      case 'space':
      case 'def':
      case 'checkbox':
        return undefined;
      default: {
        const text = withoutSeams(token.raw).trimEnd();
        return before?.kind === 'raw' && before.text === text ? before : { kind: 'raw', text };
      }
    }
  }

  #list(token: Tokens.List, before: BlockNode | undefined): BlockNode {
    const { ordered } = token;
    const start = token.start === '' ? 1 : token.start;
    const old = before?.kind === 'list' ? before : undefined;
    const items = token.items.map((item, index): ListItemNode => {
      const oldItem = old?.items[index];
      const checked = item.task ? item.checked === true : null;
      const blocks = this.blocks(item.tokens, oldItem?.blocks ?? []);
      const isSame = oldItem?.checked === checked && sameItems(oldItem.blocks, blocks);
      return isSame ? oldItem : { checked, blocks };
    });
    const isSame = old?.ordered === ordered && old.start === start && sameItems(old.items, items);
    return isSame ? old : { kind: 'list', ordered, start, items };
  }

  #table(token: Tokens.Table, before: BlockNode | undefined): BlockNode {
    const old = before?.kind === 'table' ? before : undefined;
    const header = this.#row(token.header, old?.header);
    const rows = token.rows.map((cells, index) => this.#row(cells, old?.rows[index]));
    const isSame =
      old?.header === header && sameItems(old.align, token.align) && sameItems(old.rows, rows);
    return isSame ? old : { kind: 'table', align: token.align, header, rows };
  }

  #row(cells: readonly Tokens.TableCell[], before: TableRowNode | undefined): TableRowNode {
    const sources = cells.map((cell) => this.#source(cell.tokens, cell.text));
    if (
      before?.length === sources.length &&
      sources.every((source, index) => before[index]?.source === source)
    ) {
      return before;
    }
    return sources.map((source) => ({ source, inline: this.#words(source) }));
  }

  #source(tokens: Token[] | undefined, fallback: string): string {
    return (tokens && this.#sources.get(tokens)) ?? fallback;
  }

  #words(source: string): InlineNode[] {
    if (source.length > LONGEST_INLINE) return seamed(source, [0, 0]);
    this.#lexer.state.inRawBlock = false;
    this.#lexer.state.inLink = false;
    try {
      return this.#inline(this.#lexer.inlineTokens(source, []), 0, 0);
    } catch {
      return seamed(source, [0, 0]);
    }
  }

  /** `at` is where the first of these tokens stands in the source of the words. */
  #inline(tokens: readonly Token[], depth: number, at: number): InlineNode[] {
    const nodes: InlineNode[] = [];
    let place = at;
    for (const token of tokens) {
      const node = this.#inlineNode(token as KnownToken, depth, place);
      place += token.raw.length;
      if (!node) continue;
      for (const each of node.kind === 'text' ? seamed(node.text, node.places) : [node]) {
        const last = nodes.at(-1);
        if (each.kind === 'text' && last?.kind === 'text') {
          last.places = joinPlaces(last.places, last.text.length, each.places);
          last.text += each.text;
        } else nodes.push(each);
      }
    }
    return nodes;
  }

  #inlineNode(token: KnownToken, depth: number, at: number): InlineNode | undefined {
    const asWritten = (): InlineNode => ({ kind: 'text', text: token.raw, places: [0, at] });
    if (depth > DEEPEST_INLINE) return asWritten();
    switch (token.type) {
      case 'text':
        if (token.escaped) return { kind: 'text', text: token.text, places: [0, at] };
        return { kind: 'text', ...decodeWithPlaces(token.text, at) };
      case 'escape':
        return { kind: 'text', text: token.text, places: [0, at] };
      case 'strong':
      case 'em':
      case 'del': {
        const marks = Math.max(0, (token.raw.length - token.text.length) >> 1);
        return { kind: token.type, inline: this.#inline(token.tokens, depth + 1, at + marks) };
      }
      case 'codespan': {
        const ticks = Math.max(0, token.raw.search(/[^`]/));
        const space = token.raw[ticks] === ' ' && !token.text.startsWith(' ') ? 1 : 0;
        return { kind: 'code', text: withoutSeams(token.text), at: at + ticks + space };
      }
      case 'br':
        return { kind: 'break' };
      case 'maths': {
        const source = withoutSeams(token.text);
        return { kind: 'maths', source, display: token.display, at };
      }
      case 'link': {
        const href = safeAddress(decodeEntities(withoutSeams(token.href)));
        if (href === null) return asWritten();
        const within = at + Math.max(0, token.raw.indexOf(token.text));
        return { kind: 'link', href, inline: this.#inline(token.tokens, depth + 1, within) };
      }
      case 'image':
        return {
          kind: 'image',
          alt: decodeEntities(withoutSeams(token.text)),
          href: safeAddress(decodeEntities(withoutSeams(token.href))),
          at,
        };
      case 'html':
        // The one tag that models write for want of Markdown, inside the cells of tables.
        if (/^<br\s*\/?>$/i.test(token.raw)) return { kind: 'break' };
        return asWritten();
      case 'checkbox':
        return undefined;
      default:
        return asWritten();
    }
  }
}

/** Words with the seams in them. */
function seamed(text: string, places: Places): InlineNode[] {
  let from = 0;
  return splitSeams(text).map((part): InlineNode => {
    const start = from;
    from += typeof part === 'string' ? part.length : 1;
    if (typeof part !== 'string') return { kind: 'seam', index: part };
    return { kind: 'text', text: part, places: slicePlaces(places, start, from) };
  });
}

function sameItems(before: readonly unknown[], now: readonly unknown[]): boolean {
  return before.length === now.length && now.every((item, index) => item === before[index]);
}

/** The language a fence names: its first word. */
export function languageOf(info: string | undefined): string {
  return (/^[^\s,{]*/.exec(info ?? '')?.[0] ?? '').toLowerCase().slice(0, 40);
}

/** Whether a fence has its closing line; an indented block is as closed as it will ever be. */
function isClosed(token: Tokens.Code): boolean {
  if (token.codeBlockStyle === 'indented') return true;
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(token.raw)?.[1];
  if (fence === undefined) return true;
  const trimmed = token.raw.trimEnd();
  const lastLine = trimmed.lastIndexOf('\n') + 1;
  const last = lastLine > 0 ? trimmed.slice(lastLine).trim() : '';
  return last.length >= fence.length && last === (fence[0] ?? '').repeat(last.length);
}
