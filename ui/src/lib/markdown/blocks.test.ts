import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BlockSplitter, readWhole } from './blocks';
import type { BlockNode } from './nodes';

/** Everything that can begin, end, continue or reinterpret a block, down to single marks. */
const pieces = fc.constantFrom(
  ...['a', 'word ', 'two words', '\n', '\n', '\n\n', '\n\n', ' ', '  ', '    ', '\t'],
  ...['# ', '## head\n', '---', '===', '\n---\n', '***', '- ', '\n- ', '* ', '+ ', '1. ', '\n2. '],
  ...['- [ ] ', '- [x] done\n', '> ', '\n> ', '> > ', '```', '```rust\n', '\n```\n', '~~~', '`'],
  ...['``', '*', '**', '_', '~~', '[', ']', '(', ')', '!', '[a](https://e.example)', '<', '>'],
  ...['<div>', '</div>', '<!--', '-->', '<script>', '</script>\n', '<b', '&amp;', '\\', '|'],
  ...[
    '| a | b |\n',
    '|---|---|',
    '|---|---|\n',
    '| - |\n',
    ':-:',
    '$',
    '$$',
    '\n$$\n',
    '\\(',
    '\\]',
  ],
  ...['1', '2.', '-', '=', '"', "'", '\r\n', '\r', '0)', '<?', '<!X', '<pre>', '  - ', '   1. '],
);
const definitions = fc.constantFrom(
  '[a]: /x\n',
  '[a]: https://e.example "t\n',
  '[b]:\n',
  '[a]',
  '[b]',
);

const documents = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));
const withDefinitions = fc
  .array(fc.oneof({ weight: 4, arbitrary: pieces }, { weight: 1, arbitrary: definitions }), {
    maxLength: 60,
  })
  .map((parts) => parts.join(''));
const cuts = fc.array(fc.nat(), { maxLength: 40 });

function stream(text: string, at: readonly number[], look: (blocks: readonly BlockNode[]) => void) {
  const splitter = new BlockSplitter();
  const ends = [...new Set(at.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  for (const end of ends) {
    const { blocks, settled } = splitter.update(text.slice(0, end), true);
    look(blocks.slice(0, settled));
  }
  return splitter;
}

/** MARKDOWN_RUNS asks for more than the usual number of random documents. */
const runs = { numRuns: Number(process.env['MARKDOWN_RUNS'] ?? 1500) };
const PATIENCE_MS = 600_000;

describe('BlockSplitter', () => {
  it(
    'never changes a settled block as the text grows, and ends with what a whole reading gives',
    () => {
      fc.assert(
        fc.property(documents, cuts, (text, at) => {
          let before: readonly BlockNode[] = [];
          const splitter = stream(text, at, (settled) => {
            expect(settled.length).toBeGreaterThanOrEqual(before.length);
            before.forEach((block, index) => expect(settled[index]).toBe(block));
            before = settled;
          });
          const { blocks } = splitter.update(text, false);
          before.forEach((block, index) => expect(blocks[index]).toBe(block));
          expect(blocks).toEqual(readWhole(text));
        }),
        runs,
      );
    },
    PATIENCE_MS,
  );

  it(
    'reads a long text that comes at once as it reads one that was streamed',
    () => {
      const long = fc
        .tuple(fc.array(documents, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 60 }))
        .map(([parts, times]) => parts.join('\n\n').repeat(times));
      fc.assert(
        fc.property(long, fc.boolean(), (text, wasStreaming) => {
          const splitter = new BlockSplitter();
          if (wasStreaming) splitter.update(text, true);
          expect(splitter.update(text, false).blocks).toEqual(readWhole(text));
        }),
        { numRuns: Math.ceil(runs.numRuns / 5) },
      );
    },
    PATIENCE_MS,
  );

  it(
    'does the same one character at a time',
    () => {
      fc.assert(
        fc.property(documents, (text) => {
          const everywhere = Array.from({ length: text.length }, (_, index) => index);
          const splitter = stream(text, everywhere, () => undefined);
          const { blocks } = splitter.update(text, false);
          expect(blocks).toEqual(readWhole(text));
        }),
        { numRuns: Math.ceil(runs.numRuns / 5) },
      );
    },
    PATIENCE_MS,
  );

  it(
    'settles before link definitions arrive, and uses them everywhere in the end',
    () => {
      fc.assert(
        fc.property(withDefinitions, cuts, (text, at) => {
          let before: readonly BlockNode[] = [];
          const splitter = stream(text, at, (settled) => {
            before.forEach((block, index) => expect(settled[index]).toBe(block));
            before = settled;
          });
          const { blocks } = splitter.update(text, false);
          expect(blocks).toEqual(readWhole(text));
        }),
        runs,
      );
    },
    PATIENCE_MS,
  );

  it('makes no heading of a formula and the lines before it, however late the underline comes', () => {
    const text = 'a\n$$\nx\n$$\nb\n$$\n===';
    const splitter = new BlockSplitter();
    for (let end = 0; end < text.length; end++) splitter.update(text.slice(0, end), true);
    const { blocks } = splitter.update(text, false);
    expect(blocks).toEqual(readWhole(text));
    expect(blocks.map((block) => block.kind).slice(0, 2)).toEqual(['paragraph', 'maths']);
  });

  it('does settle: an ordinary answer keeps a short tail', () => {
    const paragraph = 'A sentence of an ordinary answer, **bold** and `code`.\n\n';
    const text = `${paragraph.repeat(50)}- one\n- two\n\n\`\`\`rust\nlet a = 1;\n\`\`\`\n\n${paragraph}`;
    const { settled } = new BlockSplitter().update(text, true);
    expect(settled).toBe(52);
  });

  it('keeps the unchanged items of a growing list', () => {
    const splitter = new BlockSplitter();
    const first = splitter.update('- one\n- two\n- thr', true).blocks[0];
    const second = splitter.update('- one\n- two\n- three', true).blocks[0];
    if (first?.kind !== 'list' || second?.kind !== 'list') throw new Error('not a list');
    expect(second.items[0]).toBe(first.items[0]);
    expect(second.items[2]).not.toBe(first.items[2]);
  });

  it('starts afresh when the text is another one', () => {
    const splitter = new BlockSplitter();
    splitter.update('# Half an answ\n\nthat was replaced\n\n', true);
    const { blocks } = splitter.update('Another way in', true);
    expect(blocks).toEqual(readWhole('Another way in'));
  });

  it('shows marks that are still open as what they will be', () => {
    const [block] = new BlockSplitter().update('This is **bo', true).blocks;
    expect(block).toMatchObject({
      inline: [{ kind: 'text' }, { kind: 'strong', inline: [{ text: 'bo' }] }],
    });
  });

  it('shows an open fence as code that is not closed, and closes it at the end', () => {
    const splitter = new BlockSplitter();
    const open = splitter.update('```rust\nlet a', true).blocks;
    expect(open).toMatchObject([{ kind: 'code', language: 'rust', text: 'let a', closed: false }]);
    const done = splitter.update('```rust\nlet a', false).blocks;
    expect(done).toMatchObject([{ kind: 'code', text: 'let a', closed: true }]);
  });
});
