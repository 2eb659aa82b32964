import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findCommonGround, marksOf, type CommonGround } from './common-ground';
import type { Reading } from './reading';
import { readTogether } from './read-together';
import { readStatements } from './statements';
import { longAnswers, markdown } from './testing';

function readings(...texts: string[]): Reading[] {
  return texts.map((text, colour) => ({
    id: `a${colour}`,
    label: `Model ${colour}`,
    colour,
    text,
  }));
}

const groundOf = (...texts: string[]) => findCommonGround(readings(...texts));
const sharedTexts = (ground: CommonGround) => ground.shared.map(({ text }) => text);
const onlyTexts = (ground: CommonGround, id: string) =>
  ground.only.filter(({ answerId }) => answerId === id).map(({ text }) => text);
const wordsOfSides = (ground: CommonGround) =>
  ground.differences.map(({ sides }) =>
    sides.map(({ text, words }) => words.map(({ start, end }) => text.slice(start, end))),
  );

const CHANNEL = 'A bounded channel gives you back-pressure for free.';

describe('what answers share', () => {
  it('finds what all say, some say and one says', () => {
    const ground = groundOf(
      `${CHANNEL} Size the buffer to the burst that fits in memory. Cats like warm windows.`,
      `${CHANNEL} Size the buffer to the burst which fits in memory. Never hold a lock there.`,
      `Bounded channels give you back-pressure for free. The moon has no air at all today.`,
    );
    expect(sharedTexts(ground)).toEqual([CHANNEL]);
    expect(ground.shared[0]?.places.map(({ answerId }) => answerId)).toEqual(['a0', 'a1', 'a2']);
    expect(ground.ranges['a0']?.map(({ kind }) => kind)).toEqual(['shared', 'some', 'only']);
    expect(ground.ranges['a2']?.map(({ kind }) => kind)).toEqual(['shared', 'only']);
    expect(onlyTexts(ground, 'a0')).toEqual(['Cats like warm windows.']);
    expect(marksOf(ground, 'a0').map(({ words }) => words)).toEqual([
      'All 3 say',
      '2 of 3 say',
      'Only this answer says',
    ]);
  });

  it.each([
    ['German', 'Ein begrenzter Kanal bremst den Sender.', 'Begrenzte Kanäle bremsen die Sender.'],
    [
      'Russian',
      'Ограниченный канал тормозит отправителя.',
      'Ограниченные каналы тормозят отправителя.',
    ],
    ['Japanese', '有界チャネルは送信側を待たせます。', '有界チャネルは送信側を待たせる。'],
    ['Chinese', '有界通道会让发送方等待。', '有界通道可以让发送方等待。'],
    ['Arabic', 'القناة المحدودة تبطئ المرسل.', 'القناة المحدودة تبطئ المرسل دائما.'],
  ])('needs no dictionary: %s', (_, first, second) => {
    const ground = groundOf(`${first}\n\nquite another matter alone`, second);
    expect(sharedTexts(ground)).toEqual([first]);
  });

  it('keeps apart what only speaks of the same thing', () => {
    const ground = groundOf(
      'The channel drops messages when the buffer is full. Use it for progress.',
      'The channel is created with a size that you choose. Close it at the end.',
    );
    expect(ground.shared).toEqual([]);
  });

  it('finds an item within a sentence, a row and code that is the same', () => {
    const code = '```rust\nlet (tx, rx) = channel(64);\ntx.send(chunk).await?;\n```';
    const ground = groundOf(
      `- Drop the newest message when full\n\n| way | meaning |\n|---|---|\n| watch | keeps only the newest value |\n\n${code}`,
      `You can drop the newest message when it is full.\n\n| way | meaning |\n|---|---|\n| watch | keeps only the newest value |\n\n${code}`,
    );
    expect(sharedTexts(ground)).toHaveLength(3);
  });

  it('compares no pleasantries, but a short answer that is all there is', () => {
    expect(
      groundOf(`Sure! ${CHANNEL} That is it.`, `${CHANNEL} Yes indeed, that is it.`).only,
    ).toEqual([]);
    expect(sharedTexts(groundOf('42', '42'))).toEqual(['42']);
    expect(groundOf('42', '42').ranges['a0']).toMatchObject([{ kind: 'shared', count: 2 }]);
  });
});

describe('where answers differ', () => {
  it.each([
    [
      'a count',
      'The default buffer holds 64 messages.',
      'The default buffer holds 128 messages.',
      ['64'],
      ['128'],
    ],
    [
      'a year',
      'Rust 1.0 was released in 2015.',
      'Rust 1.0 was released in 2016.',
      ['2015'],
      ['2016'],
    ],
    [
      'a unit',
      'The request times out after 30 seconds.',
      'The request times out after 30 minutes.',
      ['30 seconds'],
      ['30 minutes'],
    ],
    [
      'a price',
      'One call costs $0.50 on this plan.',
      'One call costs $0.75 on this plan.',
      ['$0.50'],
      ['$0.75'],
    ],
    [
      'a version',
      'This needs tokio version 1.2.3 or newer.',
      'This needs tokio version 1.4.0 or newer.',
      ['1.2.3'],
      ['1.4.0'],
    ],
    [
      'a date',
      'The release date is 2024-05-01 for everyone.',
      'The release date is 2024-06-01 for everyone.',
      ['2024-05-01'],
      ['2024-06-01'],
    ],
    [
      'a negation',
      'The function blocks the current thread.',
      'The function does not block the current thread.',
      [],
      ['not'],
    ],
    [
      'a German negation',
      'Die Funktion blockiert den aktuellen Thread.',
      'Die Funktion blockiert den aktuellen Thread nicht.',
      [],
      ['nicht'],
    ],
    [
      'a Chinese negation',
      '这个函数会阻塞当前的线程。',
      '这个函数不会阻塞当前的线程。',
      [],
      ['不'],
    ],
  ])('names %s', (_, first, second, one, other) => {
    const ground = groundOf(first, second);
    expect(wordsOfSides(ground)).toEqual([[one, other]]);
    expect(ground.shared).toEqual([]);
    expect(marksOf(ground, 'a0').map(({ kind }) => kind)).toEqual(['differs']);
  });

  it.each([
    ['another unit', 'It takes 1.5 s to load the page.', 'It takes 1500 ms to load the page.'],
    ['another notation', 'It holds 1,000 messages at once.', 'It holds 1000 messages at once.'],
    ['rounding', 'Pi is about 3.14 in most books.', 'Pi is about 3.14159 in most books.'],
    ['a range', 'For token streams 32 to 128 is plenty.', 'For token streams 64 is plenty.'],
    ['one more number', 'The buffer holds 64 messages.', 'The buffer holds 64 messages of 2 KB.'],
    [
      'the number of a step',
      'Step 2: install the package first.',
      'Step 3: install the package first.',
    ],
    ['other things counted', 'It has 3 workers and a queue.', 'It has 5 queues and a worker.'],
    ['not only', 'It is fast and it is small.', 'It is not only fast but it is small.'],
    [
      'a question',
      'Does the function block the thread?',
      'Does the function not block the thread?',
    ],
    [
      'Portuguese "no"',
      'O arquivo fica no disco, não é uma cópia.',
      'O arquivo fica em disco, não é uma cópia.',
    ],
    [
      'two statements of one answer',
      'The limit is 64 messages. The limit is 128 messages.',
      'The limit is 64 messages.',
    ],
    ['the same words about no matter', 'No problem, here is the code.', 'Yes, here is the code.'],
  ])('does not cry out at %s', (_, first, second) => {
    expect(groundOf(first, second).differences).toEqual([]);
  });

  it('holds yes against no where answers begin with them', () => {
    const ground = groundOf('**Yes**, it does.', 'No. It never will.', 'Perhaps it does.');
    expect(wordsOfSides(ground)).toEqual([[['Yes'], ['No']]]);
    expect(ground.differences[0]?.sign).toBe('verdict');
  });

  it('holds bare numbers against each other', () => {
    expect(wordsOfSides(groundOf('42', '**41**'))).toEqual([[['42'], ['41']]]);
    expect(groundOf('42.', '42').differences).toEqual([]);
  });

  it('joins what several answers differ on', () => {
    const says = (count: number) => `The default buffer holds ${count} messages.`;
    const ground = groundOf(says(64), says(128), says(64), says(256));
    expect(ground.differences).toHaveLength(1);
    expect(ground.differences[0]?.sides.map(({ answerId }) => answerId)).toEqual([
      'a0',
      'a1',
      'a2',
      'a3',
    ]);
  });
});

describe('ranges', () => {
  const holds = (all: readonly Reading[]) => {
    const ground = findCommonGround(all);
    for (const { id, text } of all) {
      for (const marks of [ground.ranges[id] ?? [], marksOf(ground, id)]) {
        let end = 0;
        for (const range of marks) {
          expect(range.start).toBeGreaterThanOrEqual(end);
          expect(range.end).toBeGreaterThan(range.start);
          end = range.end;
        }
        expect(end).toBeLessThanOrEqual(text.length);
      }
    }
    for (const { sides } of ground.differences) {
      for (const { words, text } of sides) {
        for (const word of words) expect(word.end).toBeLessThanOrEqual(text.length);
      }
    }
  };

  it('never overlap and never leave the text, whatever the answers are', () => {
    fc.assert(
      fc.property(fc.array(markdown, { minLength: 2, maxLength: 4 }), (texts) =>
        holds(readings(...texts)),
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  it('mark equal answers as shared from end to end', () => {
    fc.assert(
      fc.property(markdown, (text) => {
        const ground = groundOf(text, text);
        expect(ground.only).toEqual([]);
        expect(ground.differences).toEqual([]);
        expect(ground.ranges['a0']).toEqual(ground.ranges['a1']);
        expect(ground.ranges['a0']).toHaveLength(readStatements(text).statements.length);
      }),
      { numRuns: 100 },
    );
  }, 120_000);

  it.each([
    ['one line of 400 KB', 'word '.repeat(80_000)],
    ['one word of 400 KB', 'a'.repeat(400_000)],
    ['6,000 equal items', '- an item of some length\n'.repeat(6_000)],
    [
      '6,000 unequal items',
      Array.from({ length: 6_000 }, (_, n) => `- item ${n} of the list`).join('\n'),
    ],
    ['numbers', '1 '.repeat(50_000)],
    ['emoji', '👩‍👩‍👧‍👦🏳️‍🌈 '.repeat(2_000)],
    ['text from right to left', 'مرحبا بالعالم. '.repeat(2_000)],
    ['a fence that never closes', `\`\`\`\n${'let a = 1;\n'.repeat(5_000)}`],
    ['HTML', '<script>alert(1)</script>\n'.repeat(2_000)],
    ['half characters', '\ud800 \udc00'.repeat(5_000)],
    ['line ends of another system', 'One sentence. Two sentences.\r\n\r\n- item\r\n'.repeat(500)],
    ['nothing', ''],
  ])('get through %s', (_, text) => holds(readings(text, `${text} and more`)), 60_000);

  it('come back the same from whoever asks for them', async () => {
    const all = readings(CHANNEL, 'Quite another matter altogether.');
    expect(await readTogether(all)).toEqual(findCommonGround(all));
  });

  it('take little time for eight answers of 3,000 words', () => {
    const all = readings(...longAnswers(8, 3_000));
    findCommonGround(all);
    const times = Array.from({ length: 5 }, () => {
      // Processor time, which other work on the machine does not lengthen much.
      const before = process.cpuUsage();
      findCommonGround(all);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    const ground = findCommonGround(all);
    const best = Math.min(...times).toFixed(0);
    process.stdout.write(
      `common ground of 8 x 3,000 words, processor time: best ${best} ms, worst ${Math.max(...times).toFixed(0)} ms; ` +
        `${ground.shared.length} shared, ${ground.only.length} only, ${ground.differences.length} differences\n`,
    );
    expect(Math.min(...times)).toBeLessThan(5_000);
  }, 60_000);
});
