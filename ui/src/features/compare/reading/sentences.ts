/** Sentences and words of any language, as the Unicode rules cut them. */

export interface Span {
  start: number;
  end: number;
}

/** The segmenter takes longer for every piece of a long text, so it gets no more than this at once. */
const LONGEST_TO_SEGMENT = 4_000;

const sentences = new Intl.Segmenter('und', { granularity: 'sentence' });
const words = new Intl.Segmenter('und', { granularity: 'word' });

/** "Dr.", "e.g.", "J." and "2." end with a full stop and end no sentence. */
const UNFINISHED =
  /(?:^|[\s(])(?:\p{L}\.(?:\s?\p{L}\.)*|\d{1,3}[.)]|(?:Dr|Mr|Mrs|Ms|Prof|St|vs|ca|bzw|Nr|No|Fig|Sr|Sra|Mme)\.)\s*$/u;

/** The sentences of a paragraph: they cover all of it, in order. */
export function sentencesOf(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  for (const part of parts(text)) {
    for (const { segment, index } of sentences.segment(text.slice(part.start, part.end))) {
      const end = part.start + index + segment.length;
      if (end < text.length && UNFINISHED.test(text.slice(Math.max(start, end - 24), end)))
        continue;
      spans.push({ start, end });
      start = end;
    }
  }
  const last = spans.at(-1);
  if (last && start < text.length) last.end = text.length;
  else if (start < text.length) spans.push({ start, end: text.length });
  return spans;
}

/** Words, spaces and signs, which together are the whole text. */
export function wordsOf(text: string): string[] {
  return parts(text).flatMap(({ start, end }) =>
    Array.from(words.segment(text.slice(start, end)), ({ segment }) => segment),
  );
}

/** Pieces that are short enough, cut behind a line end or a space where there is one. */
function parts(text: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  while (text.length - start > LONGEST_TO_SEGMENT) {
    const most = start + LONGEST_TO_SEGMENT;
    const line = text.lastIndexOf('\n', most - 1) + 1;
    const space = text.lastIndexOf(' ', most - 1) + 1;
    let end = line > start ? line : space > start ? space : most;
    if (/[\udc00-\udfff]/.test(text.charAt(end)) && end > start + 1) end -= 1;
    spans.push({ start, end });
    start = end;
  }
  if (start < text.length) spans.push({ start, end: text.length });
  return spans;
}
