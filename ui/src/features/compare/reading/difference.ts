/**
 * What must be taken out of one text and put in to make another of it. Prose is compared by words, a block of
 * code with the block that it is most like, by lines and then by words. The pieces give back both texts letter
 * for letter.
 */

import { diffArrays } from 'diff';

import { anchorsOf } from './anchors';
import { splitChunks, type Chunk } from './chunks';
import { textLikeness } from './likeness';
import { wordsOf } from './sentences';

type PieceKind = 'same' | 'deleted' | 'inserted';

export interface Piece {
  kind: PieceKind;
  text: string;
}

/** A stretch of prose or one block of code. */
interface DifferencePart {
  kind: 'prose' | 'code';
  pieces: readonly Piece[];
}

export interface TextDifference {
  parts: readonly DifferencePart[];
  /** Whether some of it was compared by lines only, because words would have taken too long. */
  isCoarse: boolean;
}

/** Characters of both texts together that are still compared by words. */
const LONGEST_BY_WORDS = 120_000;
/** Words of both texts together that are compared as a whole. */
const MOST_TOKENS = 1_200;
/** Blocks of code on a side that are still paired by likeness. */
const MOST_CODE_BLOCKS = 40;
/** Milliseconds for all of it, so that a key is answered even then. */
const TIME_LIMIT_MS = 250;
/** Blocks of code less alike than this are two different ones. */
const SAME_CODE = 0.3;

export function differenceOf(
  before: string,
  after: string,
  limitMs = TIME_LIMIT_MS,
): TextDifference {
  const work = new Work(limitMs);
  const isLong = before.length + after.length > LONGEST_BY_WORDS;
  const olds = splitChunks(before);
  const news = splitChunks(after);
  const parts: DifferencePart[] = [];
  for (const { old, now } of alignChunks(olds, news)) {
    const isCode = (old ?? now)?.isCode === true;
    const pieces = work.compare(old?.text ?? '', now?.text ?? '', isLong, isCode);
    if (pieces.length > 0) parts.push({ kind: isCode ? 'code' : 'prose', pieces });
  }
  return { parts, isCoarse: work.isCoarse };
}

class Work {
  isCoarse = false;
  readonly #deadline: number;

  constructor(limitMs: number) {
    this.#deadline = performance.now() + limitMs;
  }

  compare(before: string, after: string, isLong: boolean, isCode: boolean): Piece[] {
    if (before === after || before === '' || after === '') return compact(replaced(before, after));
    if (!isCode && !isLong) {
      const pieces = this.#between(wordTokens(before), wordTokens(after));
      if (pieces) return joinAcrossSpaces(pieces);
    }
    if (!isCode) this.isCoarse = true;
    const lines = this.#between(lineTokens(before), lineTokens(after));
    if (!lines) {
      this.isCoarse = true;
      return compact(replaced(before, after));
    }
    return isCode && !isLong ? this.#wordsWithinLines(lines) : lines;
  }

  /** Lines that were replaced, looked at word by word where they still have much in common. */
  #wordsWithinLines(pieces: readonly Piece[]): Piece[] {
    const finer: Piece[] = [];
    for (let index = 0; index < pieces.length; index += 1) {
      const piece = pieces[index];
      const next = pieces[index + 1];
      if (!piece) continue;
      if (piece.kind !== 'deleted' || next?.kind !== 'inserted') {
        finer.push(piece);
        continue;
      }
      index += 1;
      const words = this.#between(wordTokens(piece.text), wordTokens(next.text));
      finer.push(...(words && isTelling(words) ? joinAcrossSpaces(words) : [piece, next]));
    }
    return compact(finer);
  }

  /** Null where the time is up. Long texts are compared from one anchor to the next. */
  #between(before: readonly Token[], after: readonly Token[]): Piece[] | null {
    if (before.length + after.length <= MOST_TOKENS) return this.#shortest(before, after);
    const keys = (tokens: readonly Token[]) => tokens.map(({ key }) => key);
    const pieces: Piece[] = [];
    let old = 0;
    let now = 0;
    const ends = [before.length, after.length] as const;
    for (const [oldEnd, nowEnd] of [...anchorsOf(keys(before), keys(after)), ends]) {
      const gap = this.#shortest(before.slice(old, oldEnd), after.slice(now, nowEnd));
      if (!gap) return null;
      pieces.push(...gap);
      const [anchor, counterpart] = [before[oldEnd], after[nowEnd]];
      if (anchor && counterpart) pieces.push(...same(anchor.text, counterpart));
      old = oldEnd + 1;
      now = nowEnd + 1;
    }
    return compact(pieces);
  }

  #shortest(before: readonly Token[], after: readonly Token[]): Piece[] | null {
    const timeout = this.#deadline - performance.now();
    if (timeout <= 0) return null;
    const changes = diffArrays([...before], [...after], {
      timeout,
      comparator: (one, other) => one.key === other.key,
    });
    if (!changes) return null;
    let old = 0;
    const pieces: Piece[] = [];
    for (const { added, removed, value } of changes) {
      for (const now of value) {
        if (added) pieces.push({ kind: 'inserted', text: now.text });
        else if (removed) pieces.push({ kind: 'deleted', text: now.text });
        else pieces.push(...same(before[old]?.text ?? '', now));
        if (!added) old += 1;
      }
    }
    return compact(pieces);
  }
}

/** What is compared: two with the same key are the same word, whatever spaces follow it. */
interface Token {
  key: string;
  text: string;
}

/**
 * Words with the spaces behind them. Spaces alone are in every text everywhere, and would lead the comparison
 * from one word to any other.
 */
function wordTokens(text: string): Token[] {
  const tokens: Token[] = [];
  for (const word of wordsOf(text)) {
    const last = tokens.at(-1);
    if (last && /^[^\S\n]+$/.test(word)) last.text += word;
    else tokens.push({ key: word, text: word });
  }
  return tokens;
}

function lineTokens(text: string): Token[] {
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => ({ key: line, text: line }));
}

/** The word that both have, and the spaces behind it where they differ. */
function same(before: string, { key, text }: Token): Piece[] {
  if (before === text) return [{ kind: 'same', text }];
  return [
    { kind: 'same', text: key },
    { kind: 'deleted', text: before.slice(key.length) },
    { kind: 'inserted', text: text.slice(key.length) },
  ];
}

function replaced(before: string, after: string): Piece[] {
  if (before === after) return [{ kind: 'same', text: before }];
  return [
    { kind: 'deleted', text: before },
    { kind: 'inserted', text: after },
  ];
}

/** Words in common that are more than brackets and spaces. */
function isTelling(pieces: readonly Piece[]): boolean {
  const length = (kind: PieceKind) =>
    pieces
      .filter((piece) => piece.kind === kind)
      .reduce((sum, { text }) => sum + text.replace(/[^\p{L}\p{N}]/gu, '').length, 0);
  return 2 * length('same') >= Math.min(length('deleted'), length('inserted'));
}

/** Without empty pieces, and neighbours of a kind as one. What is taken out stands before what is put in. */
function compact(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  let deleted = '';
  let inserted = '';
  const add = (kind: PieceKind, text: string) => {
    const last = result.at(-1);
    if (text === '') return;
    if (last?.kind === kind) last.text += text;
    else result.push({ kind, text });
  };
  const flush = () => {
    const spaces = sharedSpaces(deleted, inserted);
    add('deleted', deleted.slice(0, deleted.length - spaces.length));
    add('inserted', inserted.slice(0, inserted.length - spaces.length));
    add('same', spaces);
    deleted = '';
    inserted = '';
  };
  for (const { kind, text } of pieces) {
    if (text === '') continue;
    if (kind === 'deleted') deleted += text;
    else if (kind === 'inserted') inserted += text;
    else {
      flush();
      add('same', text);
    }
  }
  flush();
  return result;
}

/** The spaces at the end of both. */
function sharedSpaces(one: string, other: string): string {
  let length = 0;
  const at = (text: string) => text.charAt(text.length - 1 - length);
  while (/\s/.test(at(one)) && at(one) === at(other)) length += 1;
  return length === 0 ? '' : one.slice(-length);
}

/** A space between two changed words belongs to the change: three words replaced are one thing to read. */
function joinAcrossSpaces(pieces: readonly Piece[]): Piece[] {
  return compact(
    pieces.flatMap((piece, index): Piece[] => {
      const isBetween = index > 0 && index < pieces.length - 1;
      if (piece.kind !== 'same' || !isBetween || !/^[^\S\n]+$/.test(piece.text)) return [piece];
      return [
        { kind: 'deleted', text: piece.text },
        { kind: 'inserted', text: piece.text },
      ];
    }),
  );
}

interface Aligned {
  old: Chunk | undefined;
  now: Chunk | undefined;
}

/** Blocks of code beside what they are most like, in their order, with the prose between them. */
function alignChunks(olds: readonly Chunk[], news: readonly Chunk[]): Aligned[] {
  const aligned: Aligned[] = [];
  let old = 0;
  let now = 0;
  const between = (oldEnd: number, nowEnd: number) => {
    aligned.push(...alignGap(olds.slice(old, oldEnd), news.slice(now, nowEnd)));
  };
  for (const [oldCode, newCode] of pairCode(olds, news)) {
    between(oldCode, newCode);
    aligned.push({ old: olds[oldCode], now: news[newCode] });
    old = oldCode + 1;
    now = newCode + 1;
  }
  between(olds.length, news.length);
  return aligned;
}

/** Prose against prose in order; code that has no counterpart stands alone. */
function alignGap(olds: readonly Chunk[], news: readonly Chunk[]): Aligned[] {
  const aligned: Aligned[] = [];
  let now = 0;
  for (const old of olds) {
    if (old.isCode) {
      aligned.push({ old, now: undefined });
      continue;
    }
    while (news[now]?.isCode) {
      aligned.push({ old: undefined, now: news[now] });
      now += 1;
    }
    aligned.push({ old, now: news[now] });
    now += 1;
  }
  for (const rest of news.slice(now)) aligned.push({ old: undefined, now: rest });
  return aligned;
}

/** The pairs, in order on both sides, whose likenesses add up to the most. */
function pairCode(olds: readonly Chunk[], news: readonly Chunk[]): [number, number][] {
  const oldCode = indices(olds);
  const newCode = indices(news);
  const rows = oldCode.length;
  const columns = newCode.length;
  if (Math.max(rows, columns) > MOST_CODE_BLOCKS) {
    // So many that likeness would take long: then by their order.
    const count = Math.min(rows, columns);
    return oldCode.slice(0, count).map((old, index) => [old, newCode[index] ?? 0]);
  }
  const score = oldCode.map((old) =>
    newCode.map((now) => {
      const [one, other] = [olds[old], news[now]];
      if (!one || !other) return 0;
      if (one.text === other.text) return 2;
      const likeness = textLikeness(one.text, other.text);
      return likeness < SAME_CODE ? 0 : likeness + (one.language === other.language ? 0.2 : 0);
    }),
  );
  const best = Array.from({ length: rows + 1 }, () => new Float64Array(columns + 1));
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const pair = score[row]?.[column] ?? 0;
      const paired = pair > 0 ? pair + (best[row + 1]?.[column + 1] ?? 0) : 0;
      const line = best[row];
      if (line)
        line[column] = Math.max(best[row + 1]?.[column] ?? 0, line[column + 1] ?? 0, paired);
    }
  }
  const pairs: [number, number][] = [];
  let row = 0;
  let column = 0;
  while (row < rows && column < columns) {
    const value = best[row]?.[column] ?? 0;
    if (value === (best[row + 1]?.[column] ?? 0)) row += 1;
    else if (value === (best[row]?.[column + 1] ?? 0)) column += 1;
    else {
      pairs.push([oldCode[row] ?? 0, newCode[column] ?? 0]);
      row += 1;
      column += 1;
    }
  }
  return pairs;
}

function indices(chunks: readonly Chunk[]): number[] {
  return chunks.flatMap((chunk, index) => (chunk.isCode ? [index] : []));
}
