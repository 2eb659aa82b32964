/** How far several answers to the same question agree, for repeats of one model. */

import { figuresOf } from './figures';
import { textLikeness } from './likeness';

/** A number that at least two of the texts give, each once. */
export interface FigureSpread {
  /** The word that is counted, as it is written beside the number: "tokens", or what stands before it. */
  name: string;
  /** How many texts give it. */
  count: number;
  min: number;
  median: number;
  max: number;
}

export interface Agreement {
  /** How many texts were compared. */
  count: number;
  /** Mean likeness of all pairs, 0 to 1; null for fewer than two texts. */
  mean: number | null;
  /** The least and the most alike pair. */
  lowest: number | null;
  highest: number | null;
  /** The standard deviation of the likeness of the pairs. */
  deviation: number | null;
  /** Share of the pairs that are the same letter for letter, without spaces around them; 0 to 1. */
  exactShare: number | null;
  figures: readonly FigureSpread[];
}

/** Text beyond this is not compared: repeats that agree do so long before. */
const LONGEST = 60_000;

export function agreementOf(texts: readonly string[]): Agreement {
  const trimmed = texts.map((text) => text.trim().slice(0, LONGEST));
  const likenesses: number[] = [];
  let exact = 0;
  for (const [index, first] of trimmed.entries()) {
    for (const second of trimmed.slice(index + 1)) {
      likenesses.push(textLikeness(first, second));
      if (first === second) exact += 1;
    }
  }
  const figures = figureSpreads(trimmed);
  const count = texts.length;
  if (likenesses.length === 0) {
    const nothing = { mean: null, lowest: null, highest: null, deviation: null, exactShare: null };
    return { count, ...nothing, figures };
  }
  const mean = likenesses.reduce((sum, each) => sum + each, 0) / likenesses.length;
  const variance =
    likenesses.reduce((sum, each) => sum + (each - mean) ** 2, 0) / likenesses.length;
  return {
    count,
    mean,
    lowest: Math.min(...likenesses),
    highest: Math.max(...likenesses),
    deviation: Math.sqrt(variance),
    exactShare: exact / likenesses.length,
    figures,
  };
}

/**
 * Numbers that texts give about the same thing, told by the words beside them. One that a text gives twice
 * is left out, since nobody can say which of the two is its answer.
 */
function figureSpreads(texts: readonly string[]): FigureSpread[] {
  const found = new Map<string, { name: string; values: number[] }>();
  for (const text of texts) {
    for (const [key, { name, value }] of namedFigures(text)) {
      const known = found.get(key);
      if (known) known.values.push(value);
      else found.set(key, { name, values: [value] });
    }
  }
  return [...found.values()].filter(({ values }) => values.length > 1).map(spreadOf);
}

function namedFigures(text: string): ReadonlyMap<string, { name: string; value: number }> {
  const figures = new Map<string, { name: string; value: number }>();
  const twice = new Set<string>();
  for (const figure of figuresOf(text)) {
    // The value as it is written: what is shown must be what was said.
    const [value] = figure.values;
    if (value === undefined) continue;
    const name = [figure.before, figure.after].filter((word) => word !== '').join(' … ');
    const key = `${figure.before}\n${figure.after}\n${figure.dimension}`;
    if (figures.has(key)) twice.add(key);
    figures.set(key, { name, value: asWritten(value, figure.written) });
  }
  for (const key of twice) figures.delete(key);
  return figures;
}

/** Values are counted in the smallest unit of their kind; people read the one that was written. */
function asWritten(value: number, written: string): number {
  const plain = Number(written.replace(/,(?=\d{3}(?:\D|$))/g, '').replace(',', '.'));
  return Number.isFinite(plain) ? plain : value;
}

function spreadOf({ name, values }: { name: string; values: number[] }): FigureSpread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return { name, count: sorted.length, min: sorted[0] ?? 0, median, max: sorted.at(-1) ?? 0 };
}
