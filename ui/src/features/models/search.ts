/**
 * What can be written into the search for models: words, and terms such as `< 1`, `ctx>100k`, `free` or
 * `provider:openrouter`. The chips of the list write the same terms, so that the text is the whole state.
 */

import { squashed, haystackOf } from './haystack';
import type { ModelView } from '../../lib/ipc/gen/types';
import { inputPrice, isNewWay, outputPrice, type ModelGroup } from './groups';

const NANO_PER_DOLLAR = 1_000_000_000;

/** What is true of a way in or of its model, by the word that asks for it. */
export const FLAGS = [
  'starred',
  'recent',
  'new',
  'free',
  'images',
  'pdf',
  'tools',
  'thinking',
  'json',
  'open',
  'local',
  'kind:other',
] as const;

export type Flag = (typeof FLAGS)[number];

const SYNONYMS: Record<string, Flag> = {
  image: 'images',
  vision: 'images',
  tool: 'tools',
  reasoning: 'thinking',
  'open-weights': 'open',
};

export type Term =
  | { kind: 'word'; word: string }
  | { kind: 'flag'; flag: Flag }
  | { kind: 'provider' | 'maker'; word: string }
  | {
      kind: 'limit';
      of: 'input' | 'output' | 'context';
      isBelow: boolean;
      isInclusive: boolean;
      /** Nano-dollars for a million tokens, or tokens. */
      value: number;
    };

type Limit = Extract<Term, { kind: 'limit' }>;

const FIELDS: Record<string, Limit['of']> = {
  '': 'input',
  price: 'input',
  in: 'input',
  input: 'input',
  out: 'output',
  output: 'output',
  ctx: 'context',
  context: 'context',
};

/** A limit may hold blanks: `price < 1`, `ctx > 100k`. */
const LIMIT =
  /(?<=^|\s)(price|input|in|output|out|context|ctx)?\s*([<>]=?)\s*\$?(\d+(?:\.\d+)?|\.\d+)([km]?)(?=\s|$)/gi;
/** What is still being typed asks for nothing yet. */
const UNFINISHED =
  /^(?:price|input|in|output|out|context|ctx)?[<>]=?\$?\.?$|^(?:provider|maker|kind):$/i;
const PIECE = /"([^"]*)"|(\S+)/g;

export function parseSearch(search: string): Term[] {
  const terms: Term[] = [];
  const rest = search.replace(LIMIT, (whole, field, sign, digits, unit) => {
    const limit = limitOf(
      (field as string | undefined) ?? '',
      sign as string,
      Number(digits),
      unit as string,
    );
    if (!limit) return whole;
    terms.push(limit);
    return ' ';
  });
  for (const [, quoted, bare] of rest.matchAll(PIECE)) {
    if (quoted !== undefined) {
      if (quoted.trim() !== '') terms.push({ kind: 'word', word: quoted.trim().toLowerCase() });
    } else if (bare !== undefined && !UNFINISHED.test(bare)) {
      terms.push(termOf(bare.toLowerCase()));
    }
  }
  return terms;
}

function limitOf(field: string, sign: string, amount: number, unit: string): Limit | null {
  const of = FIELDS[field.toLowerCase()] ?? 'input';
  const isInclusive = sign.endsWith('=');
  const isBelow = sign.startsWith('<');
  if (of !== 'context') {
    // "1k" is no price of a million tokens.
    if (unit !== '') return null;
    return { kind: 'limit', of, isBelow, isInclusive, value: amount * NANO_PER_DOLLAR };
  }
  const factor = { k: 1_000, m: 1_000_000 }[unit.toLowerCase()] ?? 1;
  return { kind: 'limit', of, isBelow, isInclusive, value: amount * factor };
}

function termOf(word: string): Term {
  const flag = flagOf(word);
  if (flag) return { kind: 'flag', flag };
  const [, field, value] = /^(provider|maker):(.+)$/.exec(word) ?? [];
  if (value && (field === 'provider' || field === 'maker')) {
    return { kind: field, word: squashed(value) };
  }
  return { kind: 'word', word };
}

function flagOf(word: string): Flag | undefined {
  return (
    FLAGS.find((flag) => flag === word) ??
    (Object.hasOwn(SYNONYMS, word) ? SYNONYMS[word] : undefined)
  );
}

/** Whether the text asks for this. */
export function hasFlag(search: string, flag: Flag): boolean {
  return parseSearch(search).some((term) => term.kind === 'flag' && term.flag === flag);
}

/** The text with this term written at its end, or without it. */
export function toggleFlag(search: string, flag: Flag): string {
  const without = [...search.matchAll(/"[^"]*"|\S+/g)].map(([piece]) => piece);
  if (!hasFlag(search, flag)) return [...without, flag].join(' ');
  return without.filter((piece) => flagOf(piece.toLowerCase()) !== flag).join(' ');
}

/**
 * The models with a way in that everything asked for is true of, each with those ways in alone. Kinds
 * that hold no conversations are left out unless they are asked for.
 */
export function searchGroups(
  groups: readonly ModelGroup[],
  terms: readonly Term[],
  now: number,
): ModelGroup[] {
  const asksForOthers = terms.some((term) => term.kind === 'flag' && term.flag === 'kind:other');
  const found: ModelGroup[] = [];
  for (const group of groups) {
    if (group.isChat === asksForOthers) continue;
    const ways = group.ways.filter((way) => terms.every((term) => fits(group, way, term, now)));
    if (ways.length === group.ways.length) found.push(group);
    else if (ways.length > 0) found.push({ ...group, ways });
  }
  return found;
}

function fits(group: ModelGroup, way: ModelView, term: Term, now: number): boolean {
  switch (term.kind) {
    case 'word':
      return haystackOf(way).all.includes(term.word);
    case 'provider':
      return haystackOf(way).provider.includes(term.word);
    case 'maker':
      return haystackOf(way).maker.includes(term.word);
    case 'flag':
      return hasFlagSet(group, way, term.flag, now);
    case 'limit':
      return isWithin(way, term);
  }
}

/** Whoever types a part of a name must find it, also where nobody says what the model can do. */
function isNamedThinking(way: ModelView): boolean {
  const { all } = haystackOf(way);
  return all.includes('thinking') || all.includes('reasoning');
}

function hasFlagSet(group: ModelGroup, way: ModelView, flag: Flag, now: number): boolean {
  switch (flag) {
    case 'starred':
      return group.isStarred;
    case 'recent':
      return group.lastUsedAt !== null;
    case 'new':
      return isNewWay(way, now);
    case 'free':
      return way.price?.isFree === true;
    case 'images':
      return way.reads.includes('image');
    case 'pdf':
      return way.reads.includes('pdf');
    case 'tools':
      return way.hasTools === true;
    case 'thinking':
      return way.hasReasoning === true || isNamedThinking(way);
    case 'json':
      return way.hasJsonSchema === true;
    case 'open':
      return way.hasOpenWeights === true;
    case 'local':
      return way.isLocal;
    case 'kind:other':
      return !way.isChat;
  }
}

/** What is unknown is neither below nor above anything. */
function isWithin(way: ModelView, { of, isBelow, isInclusive, value }: Limit): boolean {
  const known =
    of === 'input'
      ? inputPrice(way.price)
      : of === 'output'
        ? outputPrice(way.price)
        : way.contextLength;
  if (known === null) return false;
  if (known === value) return isInclusive;
  return isBelow ? known < value : known > value;
}
