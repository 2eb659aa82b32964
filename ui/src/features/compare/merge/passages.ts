/** The passages of an answer that can be taken on their own: its paragraphs, lists, tables and code. */

import { normalise } from '../../../lib/markdown/blocks';
import { readBlocks } from '../../../lib/markdown/read';

export interface BlockPassage {
  /** In UTF-16 code units of the text with plain line ends. */
  start: number;
  /** Markdown, without what stands around it. */
  text: string;
}

export function passagesOf(text: string): BlockPassage[] {
  const source = normalise(text, false);
  const passages: BlockPassage[] = [];
  let start = 0;
  for (const { type, raw } of readBlocks(source, {}).tokens) {
    const isWords = type !== 'space' && type !== 'def' && type !== 'hr';
    const trimmed = raw.replace(/^\n+|\s+$/g, '');
    if (isWords && trimmed !== '') passages.push({ start, text: trimmed });
    start += raw.length;
  }
  return passages;
}

const LONGEST_NAME = 60;

/** Its first words, to call it by. */
export function passageName(text: string): string {
  const words = text
    .replace(/[`*_#>|]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return words.length > LONGEST_NAME ? `${words.slice(0, LONGEST_NAME)}…` : words;
}
