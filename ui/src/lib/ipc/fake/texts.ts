/** What the fake models say. Chosen to show every kind of block once. */

export const SHORT_ANSWER = `Use \`tokio::sync::mpsc::channel\` with a bound. The bound **is** the back-pressure.

Three choices when it fills up:

1. **Wait**: right for model output, where every token matters.
2. **Drop**: right for progress updates.
3. **Merge**: keep only the newest.

\`\`\`rust
let (tx, mut rx) = mpsc::channel(64);
// send waits when the buffer is full
tx.send(chunk).await?;
\`\`\`

Watch for one trap: awaiting \`send\` while holding a lock turns back-pressure into a deadlock.`;

export const FIRST_ANSWER = `A bounded channel gives you back-pressure for free: when the buffer is full, \`send().await\` suspends the producer until the consumer catches up.

\`\`\`rust
let (tx, mut rx) = mpsc::channel(64);
// send waits when the buffer is full
tx.send(chunk).await?;
\`\`\`

Size the buffer to the burst you can afford to hold in memory, not to the average rate. For token streams 32 to 128 is plenty, since each item is small and the reader is a screen.

If you would rather drop than wait, use \`try_send\` and count what you dropped.`;

export const THIRD_ANSWER = `A bounded channel gives you back-pressure for free: when the buffer is full, \`send().await\` suspends the producer until the consumer catches up.

The important part is what happens to the upstream HTTP body: if you stop polling it, TCP flow control pushes back on the provider too, so memory stays flat however slow the reader is.`;

export const SECOND_ANSWER = `Big enough to hide one scheduling hiccup, small enough that a stalled reader is noticed. Start at 64 and measure.

| bound | memory | stall seen after |
| ---: | ---: | --- |
| 8 | 2 KiB | at once |
| 64 | 16 KiB | about a frame |
| 4096 | 1 MiB | too late |`;

export const HAIKU = `The first wire goes dark.
Another hums before you
notice the silence.`;

export const HOSTILE = `Here is the page you asked for:

<img src="x" onerror="document.title='owned'"><script>document.title='owned'</script>

[Read more](javascript:document.title='owned') and ![pixel](https://tracker.example/p.png)`;

export const THOUGHTS =
  'Weigh bounded and unbounded channels. An unbounded one never pushes back, so memory grows with the slowest reader. The question is about back-pressure, so a bound is the answer, and what is left is what to do when it is full.';

/** Repeats whole sentences up to about this many words. */
export function longAnswer(words: number): string {
  const sentence =
    'A bounded queue tells the sender to wait, and waiting is the whole of back-pressure. ';
  const times = Math.ceil(words / 16);
  return Array.from({ length: times }, (_, index) =>
    index % 6 === 5 ? `${sentence}\n\n` : sentence,
  ).join('');
}

/** Many sections under headings, of lengths that differ from seed to seed, with code in some. */
export function sectionedAnswer(sections: number, seed: number): string {
  const sentence = 'A bounded queue tells the sender to wait until there is room again. ';
  return Array.from({ length: sections }, (_, index) => {
    const words = sentence.repeat(1 + ((seed + index * 7) % 5)).trim();
    const code = index % 4 === 1 ? `\n\n\`\`\`rust\nsend(${index}).await;\n\`\`\`` : '';
    return `## Section ${index + 1}\n\n${words}${code}\n\n- one of ${index + 1}\n- two of ${seed % 9}`;
  }).join('\n\n');
}

/** Cut where a tokenizer might: at blanks and inside long words. */
export function piecesOf(text: string): string[] {
  return text.match(/\s*\S{1,6}|\s+$/g) ?? [];
}
