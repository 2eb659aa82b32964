/**
 * What it costs to read a long answer while it streams: a text of about 20,000 tokens in flushes of one
 * frame each, settled block by block, beside reading the whole text again at each flush.
 */

import { performance } from 'node:perf_hooks';

import { BlockSplitter, readWhole } from '../src/lib/markdown/blocks';

const SECTION = `## Back-pressure in section NUMBER

Use \`tokio::sync::mpsc::channel\` with a bound. The bound **is** the back-pressure, and *that* is what a
[reader](https://docs.rs/tokio) should take away. It costs $5 and $10, and the formula is $E = mc^2$.

1. **Wait**: right for model output, where every token matters.
2. **Drop**: right for progress updates, with \`try_send\`.
3. **Merge**: keep only the newest, with \`watch\`.

| Way in | first token | cost |
|:--|--:|--:|
| openai | 412 ms | $0.0051 |
| openrouter | 655 ms | $0.0062 |

\`\`\`rust
let (tx, mut rx) = mpsc::channel(64);
// send waits when the buffer is full
tx.send(chunk).await?;
\`\`\`

> Watch for one trap: awaiting \`send\` while holding a lock turns back-pressure into a deadlock.

Size the buffer to the burst you can afford to hold in memory, not to the average rate. For token streams
32 to 128 is plenty, since each item is small and the reader is a screen.

`;

const MIXED = repeated(SECTION, 80_000);
const CASES: readonly (readonly [string, string])[] = [
  ['mixed answer, 80 KB', MIXED],
  ['one code block, 80 KB', `\`\`\`rust\n${repeated('let a = channel(64);\n', 80_000)}\`\`\`\n`],
  ['one list, 80 KB', repeated('- an item with **bold** words and `code`\n', 80_000)],
  [
    'one table, 80 KB',
    `| a | b |\n|---|---|\n${repeated('| first cell | **second** |\n', 80_000)}`,
  ],
  ['one paragraph, 80 KB', repeated('words without any end of a line ', 80_000)],
];
const FLUSHES = 640;

function repeated(part: string, length: number): string {
  let text = '';
  for (let number = 1; text.length < length; number += 1) {
    text += part.replace('NUMBER', String(number));
  }
  return text;
}

interface Cost {
  /** Milliseconds of processor time, which other work on the machine does not lengthen. */
  total: number;
  /** Milliseconds by the clock of the longest single flush. */
  longest: number;
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function measure(text: string, step: (soFar: string) => void): Cost {
  let longest = 0;
  const before = processorTime();
  for (let flush = 1; flush <= FLUSHES; flush += 1) {
    const soFar = text.slice(0, Math.ceil((text.length * flush) / FLUSHES));
    const start = performance.now();
    step(soFar);
    longest = Math.max(longest, performance.now() - start);
  }
  return { total: processorTime() - before, longest };
}

function report(name: string, { total, longest }: Cost): void {
  const figures = `${total.toFixed(0).padStart(7)} ms of processor in all, longest flush ${longest.toFixed(1)} ms`;
  console.log(`${name.padEnd(44)}${figures}`);
}

console.log(`${FLUSHES} flushes each`);
for (const [name, text] of CASES) {
  const warmUp = new BlockSplitter();
  measure(text.slice(0, 8_000), (soFar) => warmUp.update(soFar, true));

  const splitter = new BlockSplitter();
  report(
    name,
    measure(text, (soFar) => splitter.update(soFar, true)),
  );
  const start = performance.now();
  splitter.update(text, false);
  console.log(
    `${''.padEnd(44)}${(performance.now() - start).toFixed(1).padStart(7)} ms at the end`,
  );
}
report(
  'mixed answer, whole text read each time',
  measure(MIXED, (soFar) => readWhole(soFar)),
);
