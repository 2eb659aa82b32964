/**
 * The passages of an answer that can be taken on their own: its paragraphs, lists, tables and code, and of
 * paragraphs and lists their sentences and items.
 */

import type { MarkedToken } from 'marked';

import { normalise } from '../../../lib/markdown/blocks';
import { readBlocks } from '../../../lib/markdown/read';
import { sentencesOf } from '../reading/sentences';

export interface BlockPassage {
  /** In UTF-16 code units of the text with plain line ends. */
  start: number;
  /** Markdown, without what stands around it. */
  text: string;
  /** Its sentences, or the items of a list, each as Markdown; none where it is one. */
  parts: string[];
  isList: boolean;
}

export function passagesOf(text: string): BlockPassage[] {
  const source = normalise(text, false);
  const passages: BlockPassage[] = [];
  let start = 0;
  for (const token of readBlocks(source, {}).tokens) {
    const { type, raw } = token;
    const isWords = type !== 'space' && type !== 'def' && type !== 'hr';
    const text = raw.replace(/^\n+|\s+$/g, '');
    const parts = partsOf(token as MarkedToken, text);
    const isList = type === 'list';
    if (isWords && text !== '') {
      passages.push({ start, text, parts: parts.length > 1 ? parts : [], isList });
    }
    start += raw.length;
  }
  return passages;
}

function partsOf(token: MarkedToken, text: string): string[] {
  if (token.type === 'list') return token.items.map(({ raw }) => raw.trim());
  if (token.type !== 'paragraph') return [];
  const sentences = sentencesOf(text).map(({ start, end }) => text.slice(start, end).trim());
  // A mark that spans sentences would be torn apart.
  return sentences.every(isWhole) ? sentences.filter((sentence) => sentence !== '') : [];
}

/** Whether what begins in it ends in it: emphasis, code, links. */
function isWhole(sentence: string): boolean {
  const count = (mark: string) => sentence.split(mark).length - 1;
  return (
    count('**') % 2 === 0 &&
    count('`') % 2 === 0 &&
    count('$') % 2 === 0 &&
    count('[') === count(']')
  );
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
