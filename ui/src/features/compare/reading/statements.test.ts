import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { sentencesOf, wordsOf } from './sentences';
import { readStatements } from './statements';
import { markdown } from './testing';

const texts = (text: string) => readStatements(text).statements.map((each) => each.text);
/** What stands at a statement's offsets. */
const sources = (text: string) =>
  readStatements(text).statements.map(({ start, end }) => text.slice(start, end));

describe('statements', () => {
  it('are sentences, items, rows and blocks, in sections', () => {
    const { sections, statements } = readStatements(
      'Before. And more.\n\n# One\n\nSays **this**. Says `that`.\n\n- first item\n- [x] second. Of two.\n\n**Two**\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | x \\| y |\n\n```rust\nlet a = 1;\n```\n\n$$\nE\n$$\n',
    );
    expect(sections.map(({ title }) => title)).toEqual(['', 'One', 'Two']);
    expect(statements.map(({ kind, text, section }) => [kind, text, section])).toEqual([
      ['sentence', 'Before.', 0],
      ['sentence', 'And more.', 0],
      ['sentence', 'Says this.', 1],
      ['sentence', 'Says that.', 1],
      ['item', 'first item', 1],
      ['item', 'second. Of two.', 1],
      ['sentence', 'quoted', 2],
      ['row', '1 | x | y', 2],
      ['code', 'let a = 1;', 2],
      ['formula', 'E', 2],
    ]);
  });

  it.each([
    [
      'marks',
      '**Wait**: it is *so*. [Two](https://e.example/a.b) more.',
      ['Wait**: it is *so*.', 'Two](https://e.example/a.b) more.'],
    ],
    ['references and escapes', 'a &amp; b \\* cat. Then dog.', ['a &amp; b \\* cat.', 'Then dog.']],
    ['items', '1. 1 one\n2. 2 two', ['1 one', '2 two']],
    ['nested items', '- a\n  - b b\n    more\n- c', ['a', 'b b\n    more', 'c']],
    ['quotes', '> first line\n> second line', ['first line\n> second line']],
    ['rows', '| a | b |\n|---|---|\n| 1 | 2 \\| 3 |\n| 4 | 5 |', ['1 | 2 \\| 3', '4 | 5']],
    ['line ends of another system', 'One.\r\n\r\nTwo. Three.\r\n', ['One.', 'Two.', 'Three.']],
    [
      'text that repeats what its link says',
      '[B](http://b) B boy. [B](http://c) B boy.',
      ['B](http://b) B boy.', 'B](http://c) B boy.'],
    ],
    ['indented code', '```\n    deep\n\n  less\n```', ['    deep\n\n  less']],
  ])('stand where they were written: %s', (_, text, expected) => {
    expect(sources(text)).toEqual(expected);
  });

  it.each([
    ['Dr. Who came. He left.', ['Dr. Who came.', 'He left.']],
    ['Use it, e.g. Here. Then stop.', ['Use it, e.g. Here.', 'Then stop.']],
    ['هل هذا صحيح؟ نعم، هو كذلك.', ['هل هذا صحيح؟', 'نعم، هو كذلك.']],
    ['这是一句。这是第二句！', ['这是一句。', '这是第二句！']],
    ['यह पहला है। यह दूसरा है।', ['यह पहला है।', 'यह दूसरा है।']],
  ])('end where sentences do: %s', (text, expected) => {
    expect(texts(text)).toEqual(expected);
  });

  it('never overlap and never leave the text', () => {
    fc.assert(
      fc.property(markdown, (text) => {
        const { statements, sections } = readStatements(text);
        let end = 0;
        for (const each of statements) {
          expect(each.start).toBeGreaterThanOrEqual(end);
          expect(each.end).toBeGreaterThan(each.start);
          expect(each.section).toBeLessThan(sections.length);
          end = each.end;
        }
        expect(end).toBeLessThanOrEqual(text.length);
        expect(sections.at(-1)?.end).toBe(text.length);
      }),
      { numRuns: 400 },
    );
  }, 120_000);
});

describe('sentences and words', () => {
  it('are together the whole text', () => {
    const long = fc
      .string({ unit: 'grapheme', maxLength: 60 })
      .map((text) => `${text}. `.repeat(150));
    fc.assert(
      fc.property(fc.oneof(markdown, long, fc.string({ unit: 'binary' })), (text) => {
        expect(wordsOf(text).join('')).toBe(text);
        expect(
          sentencesOf(text)
            .map(({ start, end }) => text.slice(start, end))
            .join(''),
        ).toBe(text);
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
