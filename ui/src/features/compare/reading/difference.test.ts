import fc from 'fast-check';
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';

import { splitChunks } from './chunks';
import { differenceOf, type TextDifference } from './difference';
import { changeTexts, countWords, rowsOf } from './difference-rows';
import { longAnswers, markdown } from './testing';

const side = ({ parts }: TextDifference, leftOut: 'deleted' | 'inserted') =>
  parts
    .flatMap(({ pieces }) => pieces)
    .filter(({ kind }) => kind !== leftOut)
    .map(({ text }) => text)
    .join('');

const changed = (difference: TextDifference) =>
  difference.parts.flatMap(({ pieces }) =>
    pieces.filter(({ kind }) => kind !== 'same').map(({ kind, text }) => [kind, text]),
  );

describe('a difference', () => {
  it('gives both texts back letter for letter, as pieces and as rows', () => {
    fc.assert(
      fc.property(markdown, markdown, (before, after) => {
        const difference = differenceOf(before, after);
        expect(side(difference, 'inserted')).toBe(before);
        expect(side(difference, 'deleted')).toBe(after);
        const { rows, changes } = rowsOf(difference);
        const pieces = rows.flatMap((row) => row.pieces);
        const inRows = { parts: [{ kind: 'prose' as const, pieces }], isCoarse: false };
        expect(side(inRows, 'inserted')).toBe(before);
        expect(side(inRows, 'deleted')).toBe(after);
        expect(changes === 0).toBe(before === after);
        expect(Math.max(0, ...pieces.map(({ change }) => change ?? 0))).toBe(changes);
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  it('does so as well where there is no time at all', () => {
    fc.assert(
      fc.property(markdown, markdown, (before, after) => {
        const difference = differenceOf(before, after, 0);
        expect(side(difference, 'inserted')).toBe(before);
        expect(side(difference, 'deleted')).toBe(after);
      }),
      { numRuns: 100 },
    );
  }, 120_000);

  it('goes by words, and takes words in a row as one change', () => {
    const difference = differenceOf('It holds 64 messages at most.', 'It holds up to 64 messages.');
    expect(changed(difference)).toEqual([
      ['inserted', 'up to '],
      ['deleted', ' at most'],
    ]);
    expect(changed(differenceOf('one two three four', 'one 2 3 four'))).toEqual([
      ['deleted', 'two three'],
      ['inserted', '2 3'],
    ]);
  });

  it('goes by words where there are no spaces, and breaks no emoji', () => {
    expect(changed(differenceOf('有界通道很快。', '无界通道很快。')).length).toBe(2);
    expect(changed(differenceOf('a 👩‍👩‍👧‍👦 b', 'a 👩‍👩‍👧 b'))).toEqual([
      ['deleted', '👩‍👩‍👧‍👦'],
      ['inserted', '👩‍👩‍👧'],
    ]);
  });

  it('compares code with the code that it is like, by lines and then by words', () => {
    const rust = (size: number) =>
      `\`\`\`rust\nlet (tx, rx) = channel(${size});\ntx.send(1);\n\`\`\`\n`;
    const python = '```python\nimport asyncio\nqueue = asyncio.Queue()\n```\n';
    const difference = differenceOf(
      `First.\n${rust(64)}Then.\n`,
      `First.\n${python}Then.\n${rust(128)}`,
    );
    const code = difference.parts.filter(({ kind }) => kind === 'code');
    expect(code.map(({ pieces }) => pieces.filter(({ kind }) => kind !== 'same'))).toEqual([
      [{ kind: 'inserted', text: python }],
      [
        { kind: 'deleted', text: '64' },
        { kind: 'inserted', text: '128' },
      ],
    ]);
  });

  it('replaces lines of code that have nothing in common as lines', () => {
    const block = (line: string) => `\`\`\`js\nconst a = 1;\nconst b = 2;\n${line}\n\`\`\``;
    expect(changed(differenceOf(block('return (x);'), block('throw [y];')))).toEqual([
      ['deleted', 'return (x);'],
      ['inserted', 'throw [y];'],
    ]);
  });

  it.each([
    ['one line of 1 MB', 'word '.repeat(200_000), 'other '.repeat(170_000)],
    ['300,000 lines', 'a\n'.repeat(150_000), 'b\n'.repeat(150_000)],
    ['lines that all differ', ...longAnswers(2, 60_000)],
    ['fences only', '```\n'.repeat(20_000), '~~~\n'.repeat(20_000)],
    ['one word of 1 MB', 'a'.repeat(1_000_000), `${'a'.repeat(999_999)}b`],
    ['emoji', '👩‍👩‍👧‍👦'.repeat(5_000), '👩‍👩‍👧'.repeat(5_000)],
  ] as [string, string, string][])(
    'does not hang on %s',
    (_, before, after) => {
      const started = performance.now();
      const difference = differenceOf(before, after);
      expect(performance.now() - started).toBeLessThan(8_000);
      expect(side(difference, 'inserted') === before).toBe(true);
      expect(side(difference, 'deleted') === after).toBe(true);
    },
    60_000,
  );

  it.each([500, 1_500, 3_000])('takes little time for two answers of %i words', (words) => {
    const [before = '', after = ''] = longAnswers(2, words);
    differenceOf(before, after);
    const started = performance.now();
    const { isCoarse } = differenceOf(before, after);
    process.stdout.write(
      `difference of 2 x ${words} unlike words: ${(performance.now() - started).toFixed(0)} ms, by lines: ${isCoarse}\n`,
    );
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('rows', () => {
  it('number the changes and say what each does', () => {
    const view = rowsOf(differenceOf('One two.\nSame.\nThree.\n', 'One 2.\nSame.\nThree four.\n'));
    expect(view.changes).toBe(2);
    expect(changeTexts(view, 1)).toEqual({ deleted: 'two', inserted: '2' });
    expect(changeTexts(view, 2)).toEqual({ deleted: '', inserted: ' four' });
    expect([countWords(view, 'deleted'), countWords(view, 'inserted')]).toEqual([1, 2]);
    expect(view.rows.map((row) => row.pieces.map(({ change }) => change))).toEqual([
      [null, 1, 1, null],
      [null],
      [null, 2, null],
    ]);
  });
});

describe('chunks', () => {
  it('are the whole text, with code where fences are', () => {
    fc.assert(
      fc.property(markdown, (text) => {
        expect(
          splitChunks(text)
            .map((chunk) => chunk.text)
            .join(''),
        ).toBe(text);
      }),
    );
    const chunks = splitChunks('a\n- ```Rust,ignore\n  b\n  ```\nc\n~~~\n```\nd');
    expect(chunks.map(({ isCode, language }) => [isCode, language])).toEqual([
      [false, ''],
      [true, 'rust'],
      [false, ''],
      [true, ''],
    ]);
  });
});
