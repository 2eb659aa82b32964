/** A text as prose and blocks of code, which together are all of it. */

export interface Chunk {
  isCode: boolean;
  /** What the fence names, in small letters. */
  language: string;
  /** With the fences. */
  text: string;
}

const FENCE = /^[ \t>]*(?:[-+*]|\d{1,9}[.)])?[ \t]*(`{3,}|~{3,})([^\n]*)$/;

export function splitChunks(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  let language = '';
  let closing: RegExp | null = null;
  const cut = (end: number, isCode: boolean) => {
    if (end > start)
      chunks.push({ isCode, language: isCode ? language : '', text: text.slice(start, end) });
    start = end;
  };
  let at = 0;
  while (at < text.length) {
    const lineEnd = text.indexOf('\n', at);
    const next = lineEnd < 0 ? text.length : lineEnd + 1;
    // A fence is a short line: a long one need not be looked at.
    const line = next - at > 400 ? '' : text.slice(at, next).trimEnd();
    if (closing?.test(line)) {
      cut(next, true);
      closing = null;
    } else if (!closing) {
      const [, marks, info = ''] = FENCE.exec(line) ?? [];
      if (marks !== undefined && !(marks.startsWith('`') && info.includes('`'))) {
        cut(at, false);
        language = (/^[^\s,{]*/.exec(info.trim())?.[0] ?? '').toLowerCase();
        closing = new RegExp(`^[ \\t>]*${marks[0] ?? '`'}{${marks.length},}$`);
      }
    }
    at = next;
  }
  cut(text.length, closing !== null);
  return chunks;
}
