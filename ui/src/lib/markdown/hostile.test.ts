/** Text that somebody wrote to do harm: it must stay text, and must neither hang nor break the reading. */

import { describe, expect, it } from 'vitest';

import { safeAddress } from './addresses';
import { BlockSplitter } from './blocks';
import type { BlockNode } from './nodes';
import { decodeEntities } from './entities';

/**
 * Milliseconds of processor time, which a busy machine does not lengthen. Generous: what it guards
 * against takes minutes or never ends.
 */
const MOST_PROCESSOR_MS = 8_000;
/** Milliseconds by the clock, for a machine that does much else. */
const PATIENCE_MS = 120_000;

/** A text that is whole from the start. */
function fromHistory(text: string): readonly BlockNode[] {
  return new BlockSplitter().update(text, false).blocks;
}

function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('addresses', () => {
  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    '\tjavascript:alert(1)',
    ' javascript:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://e.example/1',
    'tauri://localhost/index.html',
    'ipc://localhost/run',
    'asset://localhost/etc/passwd',
    '//e.example',
    '/relative',
    '#fragment',
    'https://bank.example@elsewhere.example/',
    'https://',
    '',
    `https://e.example/${'a'.repeat(5000)}`,
  ])('refuses %s', (href) => {
    expect(safeAddress(href)).toBeNull();
  });

  it.each([
    ['https://e.example', 'https://e.example/'],
    ['HTTP://E.example/a b', 'http://e.example/a%20b'],
    ['mailto:someone@e.example', 'mailto:someone@e.example'],
    ['https://аррӏе.com/', 'https://xn--80ak6aa92e.com/'],
  ])('lets %j through as %j', (href, normal) => {
    expect(safeAddress(href)).toBe(normal);
  });

  it.each([
    '[x](javascript:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](java&Tab;script:alert(1))',
    '[x](<data:text/html,x>)',
    '[x][1]\n\n[1]: javascript:alert(1)',
    '<javascript:alert(1)>',
    '![x](javascript:alert(1))',
    '[![x](data:image/svg+xml,x)](vbscript:x)',
  ])('makes nothing to press of %j', (text) => {
    const nodes = JSON.stringify(fromHistory(text));
    expect(nodes).not.toContain('"kind":"link"');
    expect(nodes).not.toMatch(/"href":"/);
  });
});

describe('entities', () => {
  it.each([
    ['&lt;script&gt; &amp;amp; &#39;&#x41;', "<script> &amp; 'A"],
    ['&unknown; &#0; &#xD800; &#9999999;', '&unknown; \ufffd \ufffd \ufffd'],
    ['&constructor; &__proto__;', '&constructor; &__proto__;'],
    ['AT&T & co', 'AT&T & co'],
  ])('reads %j as %j', (text, decoded) => {
    expect(decodeEntities(text)).toBe(decoded);
  });

  it('does not read them in code', () => {
    expect(fromHistory('`&lt;`')).toMatchObject([{ inline: [{ kind: 'code', text: '&lt;' }] }]);
  });
});

describe('size and depth', () => {
  const times = (part: string, count: number) => part.repeat(count);
  /** Just short enough that the words in it are looked at. */
  const inOneParagraph = (part: string) => `x${times(part, Math.floor(9_900 / part.length))}`;
  const open = (count: number) =>
    Array.from({ length: count }, (_, depth) => `${' '.repeat(depth * 2)}- x`).join('\n');

  it.each([
    ['one line of 1 MB', times('a', 1_000_000)],
    ['one line of 1 MB of words', times('word ', 200_000)],
    ['quotes 20,000 deep', `${times('>', 20_000)} x`],
    ['quotes with spaces, 10,000 deep', `${times('> ', 10_000)}x`],
    ['lists on one line, 10,000 deep', `${times('- ', 10_000)}x`],
    ['lists, 400 deep', open(400)],
    ['quotes and lists, alternating', `${times('> - ', 5_000)}x`],
    ['backticks of every length', Array.from({ length: 300 }, (_, n) => times('`', n)).join(' ')],
    ['blocks of formulas that never close', times('$$\na\n\n', 5_000)],
    ['definitions on lines', times('[a]: /x\n', 10_000)],
    ['pipes', times('|', 50_000)],
    ['a table of 5,000 rows', `| a | b |\n|---|---|\n${times('| x | **y** |\n', 5_000)}`],
    [
      'a table of 2,000 columns',
      `${times('|a', 2_000)}|\n${times('|-', 2_000)}|\n${times('|x', 2_000)}|`,
    ],
    ['lines of equals signs', times('a\n', 20_000) + times('=\n', 2_000)],
    ['blank lines', times('\n', 200_000)],
    ['tabs', times('\t', 50_000)],
    ['a fence that never closes', `\`\`\`rust\n${times('let a = 1;\n', 50_000)}`],
    ['fences that never close', times('```\n~~~\n', 10_000)],
    ['null characters', times('\0', 50_000)],
    ['half characters', times('\ud800', 50_000)],
  ])(
    'gets through %s',
    (_name, text) => {
      let blocks = 0;
      const took = processorTime(() => (blocks = fromHistory(text).length));
      expect(took).toBeLessThan(MOST_PROCESSOR_MS);
      expect(blocks).toBeLessThan(60_000);
    },
    PATIENCE_MS,
  );

  it.each([
    ['one long line', times('a', 300_000)],
    ['nested quotes', times(`${times('>', 300)} x\n`, 100)],
    ['one long list', times('- an item of **some** length\n', 6_000)],
    ['an open fence', `\`\`\`\n${times('code\n', 40_000)}`],
    ['emphasis that never closes', times('*a ', 30_000)],
  ])(
    'streams %s without a long wait',
    (_name, text) => {
      const splitter = new BlockSplitter();
      const flush = 2_000;
      const took = processorTime(() => {
        for (let end = flush; end < text.length; end += flush) {
          splitter.update(text.slice(0, end), true);
        }
        splitter.update(text, false);
      });
      expect(took).toBeLessThan(MOST_PROCESSOR_MS);
    },
    PATIENCE_MS,
  );

  it.each([
    ...['[', '![', '[a]', '[a](', '](', '<', '<a href="', '<!--', '&', '\\(', '$', '$a ', '`', '!'],
    ...['*', '*a ', '*a **b ', '**a', '_a', '__a__', '*_', '~a~', '~~a', 'a@b.c ', 'www.'],
  ])(
    'gets through a paragraph of %j',
    (part) => {
      const text = inOneParagraph(part);
      expect(processorTime(() => fromHistory(text))).toBeLessThan(MOST_PROCESSOR_MS);
    },
    PATIENCE_MS,
  );

  it('keeps what is too deep as text', () => {
    const words = JSON.stringify(fromHistory(`${times('> ', 40)}the end`));
    expect(words.match(/"kind":"quote"/g)).toHaveLength(12);
    expect(words).toContain('the end');
  });

  it('loses no text of an open fence', () => {
    const code = 'a\n  b\n\n\tc';
    expect(fromHistory(`\`\`\`\n${code}`)).toMatchObject([{ kind: 'code', text: code }]);
  });

  it('shows HTML letter for letter', () => {
    const html = '<div onclick="alert(1)"><img src=x onerror=alert(1)></div>';
    expect(fromHistory(html)).toEqual([{ kind: 'raw', text: html }]);
    expect(fromHistory('a <b onmouseover=x>c</b>')).toMatchObject([
      { inline: [{ kind: 'text', text: 'a <b onmouseover=x>c</b>' }] },
    ]);
  });

  it('never throws, whatever is typed', () => {
    for (const text of [
      '',
      '\\',
      '`',
      '```',
      '[',
      '![',
      '<',
      '&',
      '|\n|-',
      '$$',
      '\\[',
      '> ',
      '-',
    ]) {
      expect(() => fromHistory(text)).not.toThrow();
      expect(() => new BlockSplitter().update(text, true)).not.toThrow();
    }
  });
});
