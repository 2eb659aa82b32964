import { render } from '@testing-library/svelte';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import Markdown from './Markdown.svelte';
import { splitSeams, withoutSeams, withSeams } from './seam';

/** What can be read before the mark. */
function wordsBefore(container: HTMLElement): string {
  const mark = container.querySelector('[role=img]');
  const range = document.createRange();
  range.setStart(container, 0);
  if (mark) range.setEndBefore(mark);
  return range.toString().trim();
}

const drawn = (text: string, at: number) =>
  render(Markdown, { text, seams: [{ at, words: 'B went on here' }] }).container;

describe('a seam', () => {
  it('changes no other character, wherever it is put', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.nat(90), (text, at) => {
        const clean = withoutSeams(text);
        expect(withoutSeams(withSeams(text, [{ at }]))).toBe(clean);
        const marks = splitSeams(withSeams(text, [{ at }])).filter((part) => part === 0);
        expect(marks).toHaveLength(at <= [...clean].length ? 1 : 0);
      }),
    );
  });

  it('stands within the word that was broken off, counted in code points', () => {
    const container = drawn('😀 half and whole', 9);
    const mark = container.querySelector('[role=img]');
    expect(mark?.getAttribute('aria-label')).toBe('B went on here');
    expect(wordsBefore(container)).toBe('😀 half an');
    expect(wordsBefore(drawn('one, two', 5))).toBe('one');
  });

  it.each([
    ['emphasis', 'so *', 'bold* it is', 'em'],
    ['an item', 'A list:\n\n-', ' one', 'li'],
    ['an address', 'see [this](https://exa', 'mple.org/x) now', 'a, button'],
  ])('does not break %s', (_, half, rest, selector) => {
    expect(drawn(half + rest, half.length).querySelector(selector)).not.toBeNull();
  });

  it('is left out of code, which is copied', () => {
    const text = '```rust\nlet a = one two;\n```';
    const container = drawn(text, 20);
    expect(container.querySelector('code')?.textContent).toBe('let a = one two;');
  });

  it('believes no mark that a model wrote itself', () => {
    expect(splitSeams(withSeams('a \ufdd3 b', [{ at: 1 }]))).toEqual(['a', 0, '  b']);
  });
});
