/**
 * The sixteen verdicts for a fake route, worked out from its settings by the same rules of thumb that the
 * advice names. The figures are made up; the words are those of the shell.
 */

import type { RouteView, VerdictView, WallAttemptView } from '../gen/types';

const ADD_ANOTHER = 'Add another way in: with one alone there is nowhere to go.';

const FAULTS: readonly (readonly [title: string, wanted: string])[] = [
  [
    'Too many requests once, wait 2 s',
    'Wait that long and ask again, or go elsewhere; never hammer.',
  ],
  [
    'Too many requests, for ever',
    'Back off, then go elsewhere: at most 4 requests in 3 s and 6 in all.',
  ],
  ['One error of its own (500), then healthy', 'Ask once more at the same place.'],
  ['Out of service (503), for ever', 'Go elsewhere after few retries.'],
  ['The connection breaks before any byte, once', 'Ask again or go elsewhere.'],
  ['Takes the request and never answers', 'End the wait, do not ask it again, go elsewhere.'],
  ['First token after 20 s', 'Go elsewhere in time: the whole answer within 15 s.'],
  [
    'The stream dies after 40 of 60 tokens',
    'The whole answer from elsewhere, or a clear error; never a short success.',
  ],
  ['Silence for 30 s after 20 tokens', 'Notice in time and recover.'],
  ['One event of the stream is not JSON', 'Skip it or recover; nothing half leaks.'],
  ['A whole stream without its end mark', 'Finish at once, with the token counts.'],
  [
    'The prompt is too long for the model',
    'Never the same model again; one with more room answers.',
  ],
  ['The content policy refuses', 'Never the same model again; the provider’s reason is told.'],
  [
    'The stream dies, and the next one refuses to go on with half an answer',
    'Begin again there; the refusal is never the error.',
  ],
  [
    'Out of service for 60 s, twenty requests',
    'Leave it alone, answer from elsewhere, return within 30 s of recovery.',
  ],
  [
    'Out of service, the other one answers',
    'Show who answered and what it counted; the failures cost nothing.',
  ],
];

/** What the first stand-in's attempt ends with. */
const ENDINGS = [
  '429, rate limited',
  '429, rate limited',
  '500, server error',
  '503, overloaded',
  'connection lost',
  'connect timeout',
  'first token timeout',
  'stream cut',
  'silence timeout',
  'answered',
  'answered',
  '400, context too long',
  '400, content filtered',
  'stream cut',
  '503, overloaded',
  '503, overloaded',
];

export function testWall(route: RouteView): VerdictView[] {
  return FAULTS.map(([title, wanted], index) => {
    const fault = index + 1;
    const { verdict, because, advice } = judge(fault, route);
    const attempts = attemptsOf(fault, route, verdict);
    const end = attempts.at(-1);
    return {
      fault,
      title,
      wanted,
      verdict,
      because,
      advice,
      tookMillis: end ? end.atMillis + end.tookMillis : 0,
      attempts,
    };
  });
}

interface Judgement {
  verdict: string;
  because: string;
  advice: string | null;
}

function judge(fault: number, route: RouteView): Judgement {
  const { entries, limits, isHedged, halfAnswer } = route;
  const isAlone = entries.length < 2 && entries[0]?.kind !== 'model';
  const pass = (how: string): Judgement => ({ verdict: 'pass', because: how, advice: null });
  const safe = (words: string, advice: string): Judgement => ({
    verdict: 'safe',
    because: `No answer after ${(limits.connectMillis / 1000).toFixed(1)} s: ${words}`,
    advice,
  });
  if (fault === 10 || fault === 11) {
    return pass('The whole answer after 0.7 s, without a second attempt.');
  }
  if (fault === 3 && limits.attemptsPerEndpoint < 2 && !isAlone) {
    return {
      verdict: 'partial',
      because: 'It went elsewhere without asking once more.',
      advice: 'Allow two tries of one way in.',
    };
  }
  if (fault === 7 && !isHedged && limits.firstTokenMillis > 14_000) {
    return {
      verdict: 'fail',
      because: 'The answer took longer than 15 s.',
      advice: 'Shorten the time to the first token, or switch hedging on.',
    };
  }
  if (fault === 9 && limits.silenceMillis > 29_000) {
    return {
      verdict: 'fail',
      because: 'Nothing had come to an end after 30 s.',
      advice: 'Shorten the silence between tokens.',
    };
  }
  if ([8, 9, 14].includes(fault) && halfAnswer === 'keep') {
    return safe('The answer ended in the middle.', 'Let half an answer be replaced or continued.');
  }
  if (![1, 3, 5].includes(fault) && isAlone) {
    return safe('The provider has no capacity right now.', ADD_ANOTHER);
  }
  if ([12, 13].includes(fault) && entries.length < 2) {
    return safe(
      'The prompt is longer than the model can read.',
      'Add another model: the same one refuses everywhere.',
    );
  }
  if (limits.attempts < 2) {
    return safe('The provider failed.', 'Allow more tries in all.');
  }
  return pass('The whole answer after 1.4 s, with a second attempt.');
}

function attemptsOf(fault: number, { limits }: RouteView, verdict: string): WallAttemptView[] {
  const ending = ENDINGS[fault - 1] ?? 'answered';
  const waits: Record<number, number> = {
    6: limits.connectMillis,
    7: limits.firstTokenMillis,
    9: 320 + limits.silenceMillis,
  };
  const took = waits[fault] ?? (ending === 'stream cut' ? 560 : ending === 'answered' ? 720 : 40);
  const first = { who: 'first', atMillis: 0, tookMillis: took, words: ending };
  if (ending === 'answered') return [{ ...first, isAnswer: true }];
  const attempts: WallAttemptView[] = [{ ...first, isAnswer: false }];
  if (verdict === 'safe' || verdict === 'fail') return attempts;
  attempts.push({
    who: [1, 3, 5].includes(fault) && verdict === 'pass' ? 'first' : 'second',
    atMillis: took + 20,
    tookMillis: 720,
    words: fault === 14 ? 'answered (began again)' : 'answered',
    isAnswer: true,
  });
  return attempts;
}
