/**
 * Reads Markdown that is still growing. Blocks that no later character can change are settled once and
 * kept; only the tail behind them is read again. Drawing follows from that: a settled block is one
 * component that never changes.
 *
 * A block is settled when another one starts behind it on a line that is complete, since only complete
 * lines decide where blocks begin. The one thing that reaches back is a link definition: it is used from
 * where it stands onwards, and for the text before it when the stream has ended.
 */

import type { Token } from 'marked';
import remend from 'remend';

import type { BlockNode } from './nodes';
import {
  buildNodes,
  languageOf,
  readBlocks,
  readPlain,
  type BlockTokens,
  type LinkDefinitions,
} from './read';

export interface BlockList {
  /** Settled blocks first, then the tail. Settled ones keep their place and their identity. */
  blocks: readonly BlockNode[];
  settled: number;
}

/**
 * A tail longer than this is one giant list or table. It is then read again only when it has grown by
 * a share of itself that grows too, so that reading it costs some forty readings and not thousands.
 */
const LONG_TAIL = 24_000;
/**
 * The lexer's rules look through all that is left of the source at every block, which in some engines
 * takes time for every character. So a text that comes at once is read in parts of about this length,
 * as if it had been streamed.
 */
const PART = 4_000;
/** Open marks are closed for show in a tail up to this; looking for them can take quadratic time. */
const LONGEST_TO_CLOSE = 6_000;
/** Source beyond this in one block is shown letter for letter: nobody reads it, and reading costs. */
const LONGEST_BLOCK = 400_000;

const OPEN_FENCE = /^(`{3,}|~{3,})([^\n]*)\n/;

export class BlockSplitter {
  #source = '';
  #settled: BlockNode[] = [];
  /** Where in the source the tail begins. */
  #settledEnd = 0;
  #links: LinkDefinitions = {};
  #hasDefinitions = false;
  /** How much of the source the last look for settled blocks took in. */
  #searchedEnd = 0;
  #tail: BlockNode[] = [];
  /** The definitions that the tail was drawn with: other ones make other links of the same source. */
  #tailLinks = '';
  #tailReadAt = 0;

  /**
   * Takes the whole text so far. With `streaming` false the text is final: what was held open for more
   * is closed. Text that does not continue the last one starts afresh.
   */
  update(text: string, streaming: boolean): BlockList {
    const source = normalise(text, streaming);
    if (!source.startsWith(this.#source)) this.#reset();
    this.#source = source;

    this.#settleInParts();
    if (!streaming) return this.#finish();
    this.#settle(source.length);
    this.#readTail();
    return { blocks: [...this.#settled, ...this.#tail], settled: this.#settled.length };
  }

  #reset(): void {
    this.#settled = [];
    this.#settledEnd = 0;
    this.#links = {};
    this.#hasDefinitions = false;
    this.#searchedEnd = 0;
    this.#tail = [];
    this.#tailLinks = '';
    this.#tailReadAt = 0;
  }

  #settleInParts(): void {
    let end = this.#searchedEnd;
    for (;;) {
      // What did not settle is read again with the next part, so parts grow with it.
      end += Math.max(PART, end - this.#settledEnd);
      if (end >= this.#source.length) return;
      this.#settle(end);
    }
  }

  /** Settles what can be, from what stands before `end`. */
  #settle(end: number): void {
    const complete = this.#source.lastIndexOf('\n', end - 1) + 1;
    const step = pauseFor(this.#searchedEnd - this.#settledEnd);
    if (complete <= this.#searchedEnd + step) return;
    const searchedBefore = this.#searchedEnd;
    this.#searchedEnd = complete;

    const region = ownCopy(this.#source.slice(this.#settledEnd, complete));
    if (staysOpen(region, searchedBefore - this.#settledEnd)) return;
    const reading = readBlocks(region, this.#links);
    const { count, length } = settledPart(reading.tokens, region);
    if (count === 0) return;

    this.#hasDefinitions ||= hasDefinitions(reading);
    this.#links = reading.links;
    // What was drawn as the tail stays the same object where it reads the same.
    const settled = { ...reading, tokens: reading.tokens.slice(0, count) };
    const nodes = closeAll(buildNodes(settled, this.#reusable(reading)));
    this.#settled.push(...nodes);
    this.#settledEnd += length;
    this.#tail = this.#tail.slice(nodes.length);
    this.#tailReadAt = 0;
  }

  #readTail(): void {
    const tail = ownCopy(this.#source.slice(this.#settledEnd));
    const fence = openFence(tail);
    if (fence) {
      this.#tail = [fence];
      this.#tailLinks = linksKey(this.#links);
      return;
    }
    if (this.#tailReadAt > 0 && tail.length < this.#tailReadAt + pauseFor(tail.length)) return;
    this.#tailReadAt = tail.length;
    const reading = read(closeOpenMarks(tail), this.#links);
    this.#tail = buildNodes(reading, this.#reusable(reading));
    this.#tailLinks = linksKey(reading.links);
  }

  #finish(): BlockList {
    const rest = read(ownCopy(this.#source.slice(this.#settledEnd)), this.#links);
    if (!this.#hasDefinitions && !hasDefinitions(rest)) {
      const end = closeAll(buildNodes(rest, this.#reusable(rest)));
      const blocks = [...this.#settled, ...end];
      return { blocks, settled: blocks.length };
    }
    const before = [...this.#settled, ...this.#tail];
    const whole = closeAll(buildNodes(read(this.#source, {})));
    const blocks = whole.map((node, index) => sameOr(before[index], node));
    return { blocks, settled: blocks.length };
  }

  #reusable(reading: BlockTokens): readonly BlockNode[] {
    return linksKey(reading.links) === this.#tailLinks ? this.#tail : [];
  }
}

/** The nodes of a whole text, read in one go: what a splitter must come to, however the text arrives. */
export function readWhole(text: string): readonly BlockNode[] {
  return closeAll(buildNodes(read(normalise(text, false), {})));
}

/**
 * The same text in memory of its own. A part of a string is kept by engines as a view of the whole, so that
 * a word of a block that was read while its answer grew would hold all of the answer as it was then: some
 * megabytes for each long answer, which the collector of garbage does not see and so does not hurry for.
 */
function ownCopy(text: string): string {
  return `${text} `.slice(0, -1);
}

function read(source: string, links: LinkDefinitions): BlockTokens {
  return source.length > LONGEST_BLOCK ? readPlain(source) : readBlocks(source, links);
}

function hasDefinitions(reading: BlockTokens): boolean {
  return reading.tokens.some((token) => token.type === 'def');
}

function linksKey(links: LinkDefinitions): string {
  return JSON.stringify(links);
}

/** One kind of line end, and no half of a "\r\n" at the end. */
export function normalise(text: string, streaming: boolean): string {
  if (!text.includes('\r')) return text;
  const whole = streaming && text.endsWith('\r') ? text.slice(0, -1) : text;
  return whole.replace(/\r\n?/g, '\n');
}

function pauseFor(tailLength: number): number {
  return tailLength < LONG_TAIL ? 0 : tailLength ** 2 / 2 ** 20;
}

/**
 * How many blocks of a text of complete lines can never change, and how long their source is: all
 * before the last one.
 */
function settledPart(tokens: readonly Token[], region: string): { count: number; length: number } {
  const nothing = { count: 0, length: 0 };
  let part = nothing;
  let end = 0;
  for (const [index, token] of tokens.entries()) {
    // A reading that does not give its source back letter for letter settles nothing.
    if (!region.startsWith(token.raw, end)) return nothing;
    // What directly follows a paragraph is read with it in mind: some HTML may not interrupt one, and
    // a formula that is never closed falls back into it.
    const follows = tokens[index - 1]?.type === 'paragraph';
    if (token.type !== 'space' && !follows) part = { count: index, length: end };
    end += token.raw.length;
  }
  return end === region.length ? part : nothing;
}

/** Whether a region that began with an open fence has no closing fence in its new part either. */
function staysOpen(region: string, searchedBefore: number): boolean {
  const fence = openingFence(region);
  if (!fence) return false;
  const newPart = region.lastIndexOf('\n', Math.max(0, searchedBefore - 1));
  return !closingFence(fence.marks).test(region.slice(Math.max(fence.marks.length, newPart)));
}

/** A tail that is one open fence, read without the lexer: code can be long, and nothing in it matters. */
function openFence(tail: string): BlockNode | null {
  const fence = openingFence(tail);
  if (!fence || closingFence(fence.marks).test(tail.slice(fence.marks.length))) return null;
  // A last line of only fence marks may be the closing fence on its way.
  const code = tail.slice(fence.length).replace(/(^|\n) {0,3}[`~]+$/, '$1');
  return {
    kind: 'code',
    language: languageOf(fence.info),
    text: code.replace(/\n$/, ''),
    closed: false,
  };
}

function openingFence(text: string): { marks: string; info: string; length: number } | null {
  const match = OPEN_FENCE.exec(text);
  if (!match) return null;
  const [head, marks = '', info = ''] = match;
  if (marks.startsWith('`') && info.includes('`')) return null;
  return { marks, info: info.trim(), length: head.length };
}

function closingFence(opening: string): RegExp {
  return new RegExp(`\\n {0,3}${opening[0] ?? '`'}{${opening.length},}[ \\t]*(?:\\n|$)`);
}

/** Closes what is still open ("**bold" so far), so that marks do not flash up as letters. */
function closeOpenMarks(tail: string): string {
  if (tail.length > LONGEST_TO_CLOSE) return tail;
  return remend(tail, {
    linkMode: 'text-only',
    comparisonOperators: false,
    singleTilde: false,
    katex: false,
    inlineKatex: false,
  });
}

/** A fence that will get no more text is as good as closed, wherever it stands. */
function closeAll(nodes: readonly BlockNode[]): BlockNode[] {
  return nodes.map(close);
}

function close(node: BlockNode): BlockNode {
  if (!hasOpenFence(node)) return node;
  switch (node.kind) {
    case 'code':
      return { ...node, closed: true };
    case 'quote':
      return { ...node, blocks: closeAll(node.blocks) };
    case 'list':
      return {
        ...node,
        items: node.items.map((item) => ({ ...item, blocks: closeAll(item.blocks) })),
      };
    default:
      return node;
  }
}

function hasOpenFence(node: BlockNode): boolean {
  switch (node.kind) {
    case 'code':
      return !node.closed;
    case 'quote':
      return node.blocks.some(hasOpenFence);
    case 'list':
      return node.items.some((item) => item.blocks.some(hasOpenFence));
    default:
      return false;
  }
}

function sameOr(before: BlockNode | undefined, node: BlockNode): BlockNode {
  return before && JSON.stringify(before) === JSON.stringify(node) ? before : node;
}
