/** Texts for the tests of this folder. */

import fc from 'fast-check';

const pieces = fc.constantFrom(
  ...[
    'word ',
    'Two words. ',
    'It holds 64 messages. ',
    'It does not. ',
    '\n',
    '\n\n',
    '\n\n',
    '    ',
  ],
  ...[
    '# Head\n\n',
    '**Bold head**\n\n',
    '- item\n',
    '1. first\n',
    '  - deeper\n',
    '> quoted\n',
    '- [x] done\n',
  ],
  ...[
    '```rust\nlet a = 1;\n```\n',
    '```\n',
    '~~~',
    '`code` ',
    '**bold** ',
    '*em*',
    '***',
    '~~old~~ ',
    '[a](https://e.example/a)',
  ],
  ...[
    '![alt](https://e.example/p.png) ',
    '| a | b |\n|---|---|\n| 1 | x \\| y |\n',
    '|',
    '$E = mc^2$ ',
    '\n$$\na\n$$\n',
  ],
  ...[
    '&amp; ',
    '&lt;b&gt;',
    '\\*',
    '\\',
    '<b>html</b> ',
    '<div>\nraw\n</div>\n\n',
    '<br>',
    '\r\n',
    '\r',
    '\t',
    '\0',
  ],
  ...[
    '😀',
    '👩‍👩‍👧‍👦 ',
    'مرحبا بالعالم. ',
    '有界通道。',
    'é',
    '\ud83d',
    '\ufdd0',
    '[x]: /y\n',
    'Yes, ',
    '---\n',
    '===',
  ],
);

/** Answers as models write them, and as nobody should. */
export const markdown = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));

const WORDS =
  'channel buffer memory sender receiver message token stream reader writer lock thread task future queue limit burst rate average screen provider request answer price model route error retry timeout socket frame batch index table column window worker engine store cache vault'.split(
    ' ',
  );

/** Long answers about the same thing, partly in the same words; the same ones each time. */
export function longAnswers(count: number, words: number): string[] {
  let seed = 12_345;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const sentence = () => {
    const chosen = Array.from({ length: 6 }, () => `${WORDS[next(WORDS.length)] ?? ''}${next(40)}`);
    return `The ${chosen.slice(0, 3).join(' ')} is what a ${chosen.slice(3).join(' and the ')} needs when it holds ${next(90)} items.`;
  };
  const common = Array.from({ length: 60 }, sentence);
  return Array.from({ length: count }, () => {
    const parts: string[] = [];
    for (let length = 0; length < words; length += 20) {
      const said = next(3) === 0 ? (common[next(common.length)] ?? '') : sentence();
      parts.push(
        next(6) === 0
          ? `\n\n## Section ${next(20)}\n\n${said}`
          : next(4) === 0
            ? `\n- ${said}\n`
            : ` ${said}`,
      );
    }
    return parts.join('');
  });
}
