import { render, screen } from '@testing-library/svelte';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { markdown } from '../../features/compare/reading/testing';
import type { MarkKind, TextMark } from './marks';
import Markdown from './Markdown.svelte';

const mark = (start: number, end: number, kind: MarkKind = 'only'): TextMark => ({
  start,
  end,
  kind,
  words: `Mark at ${start}`,
});

/** What a person reads, without the words for the ear. */
function letters(container: HTMLElement): string {
  const copy = container.cloneNode(true) as HTMLElement;
  for (const words of copy.querySelectorAll('[data-mark-words]')) words.remove();
  return copy.textContent;
}

function marked(text: string, ...marks: TextMark[]): string[] {
  const { container } = render(Markdown, { text, marks });
  return Array.from(container.querySelectorAll<HTMLElement>('mark, .marked'), letters);
}

describe('marks', () => {
  it('never lose, double or move a letter, and leave the elements as they are', () => {
    const ranges = fc.array(
      fc.tuple(fc.nat(200), fc.nat(60), fc.constantFrom('shared', 'differs')),
      {
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(markdown, ranges, (text, places) => {
        const plain = render(Markdown, { text });
        const marks = places.map(([start, length, kind]) =>
          mark(start, start + length, kind as MarkKind),
        );
        const withMarks = render(Markdown, { text, marks });
        expect(letters(withMarks.container)).toBe(letters(plain.container));
        const blocks = 'p, h3, h4, li, td, th, pre, code, a, blockquote, button';
        expect(withMarks.container.querySelectorAll(blocks).length).toBeGreaterThanOrEqual(
          plain.container.querySelectorAll(blocks).length,
        );
        plain.unmount();
        withMarks.unmount();
      }),
      { numRuns: 250 },
    );
  }, 300_000);

  it.each([
    ['a sentence', 'One. Two. Three.', [5, 9], ['Two.']],
    ['across emphasis', 'so **bold** it is', [0, 14], ['so bold it']],
    ['within emphasis', 'so **bold it** is', [5, 9], ['bold']],
    ['behind references and escapes', 'a &amp; \\* cat', [11, 14], ['cat']],
    [
      'a link and code',
      '[docs](https://e.example/docs) and `code` end',
      [0, 41],
      ['docs and code'],
    ],
    ['cells of a row', '| a | b |\n|---|---|\n| x | y |', [22, 27], ['x', 'y']],
    ['an item', '- one\n- two', [8, 11], ['two']],
    ['a quote of two lines', '> one\n> two', [2, 11], ['one\ntwo']],
    ['line ends of another system', 'One.\r\n\r\nTwo.', [8, 12], ['Two.']],
    ['half a character', 'a 😀 b', [3, 6], ['😀 b']],
  ] as [string, string, [number, number], string[]][])(
    'draw %s',
    (_, text, [start, end], expected) => {
      expect(marked(text, mark(start, end))).toEqual(expected);
    },
  );

  it('stand beside a block of code', () => {
    const [block] = marked('Before.\n\n```rust\nlet a = 1;\n```', mark(17, 27));
    expect(block).toContain('let a = 1;');
  });

  it('say once what they mean, before their words', () => {
    render(Markdown, { text: 'One **two** three.', marks: [mark(0, 18, 'shared')] });
    expect(screen.getByText('Mark at 0:').parentElement?.tagName).toBe('MARK');
    expect(document.querySelectorAll('[data-mark-words]')).toHaveLength(1);
    expect(document.querySelector('[data-offset="0"]')?.classList).toContain('shared');
  });

  it('keep to the first where they overlap, and to none outside the text', () => {
    expect(marked('one two three', mark(0, 7), mark(4, 13))).toEqual(['one two', ' three']);
    expect(marked('one', mark(5, 9), mark(2, 2), mark(-4, -1))).toEqual([]);
  });

  it('stand right beside a seam', () => {
    const { container } = render(Markdown, {
      text: 'one two three',
      seams: [{ at: 7, words: 'B went on' }],
      marks: [mark(8, 13)],
    });
    expect(container.querySelector('mark')?.textContent).toBe('Mark at 8: three');
    expect(screen.getByRole('img', { name: 'B went on' })).toBeTruthy();
  });

  it('number the sections', () => {
    const { container } = render(Markdown, { text: 'x\n\n# A\n\ny\n\n**B**\n\nz' });
    const sections = Array.from(
      container.querySelectorAll<HTMLElement>('[data-section]'),
      (each) => [each.dataset['section'], each.textContent],
    );
    expect(sections).toEqual([
      ['1', 'A'],
      ['2', 'B'],
    ]);
  });
});
