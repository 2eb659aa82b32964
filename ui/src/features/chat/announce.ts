/** What a screen reader is told while an answer streams: whole sentences, never tokens. */

/** Ends a sentence: its mark and what may close after it, then a blank; or the end of a line. */
const SENTENCE_END = /[.!?…:][)"'”’\]]*(?=\s)|[。！？]|\n/g;

/** The index after the last whole sentence of `text` from `from` on; `from` where there is none. */
export function spokenUntil(text: string, from: number): number {
  let end = from;
  for (const match of text.slice(from).matchAll(SENTENCE_END)) {
    end = from + match.index + match[0].length;
  }
  return end;
}

/** Markdown's marks are noise when they are read out. */
export function spokenWords(text: string): string {
  return text
    .replace(/```[^\n]*/g, ' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*(#{1,6}|[-*+]|\d+\.|>)\s+/gm, '')
    .replace(/[*_`~|]+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
