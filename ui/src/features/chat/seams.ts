/** What became of half an answer, in words: it was replaced, or somebody else went on with it. */

import type { AttemptView, FailureClass, RunView } from '../../lib/ipc/gen/types';

export interface Seam {
  kind: 'replaced' | 'continued';
  words: string;
  /** Where the continuation begins, in code points; `null` for an answer that began again. */
  at: number | null;
}

const WHAT_IT_DID: Partial<Record<FailureClass, string>> = {
  silence_timeout: 'fell silent',
  first_token_timeout: 'sent nothing',
  stream_cut: 'broke off',
  connection_lost: 'was cut off',
  overloaded: 'had no capacity',
  rate_limited: 'asked for a pause',
  run_timeout: 'took too long',
};

function halfWords({ failure, providerName }: AttemptView): string {
  return `${providerName} ${(failure && WHAT_IT_DID[failure.class]) ?? 'failed'}`;
}

/** One for each attempt that began again or went on after half an answer, in their order. */
export function seamsOf(run: RunView): Seam[] {
  const { attempts } = run.receipt;
  return attempts.flatMap((attempt, index): Seam[] => {
    const half = attempts.slice(0, index).findLast(({ replacedText }) => replacedText !== null);
    if (!half) return [];
    const { providerName, continuesAt } = attempt;
    if (continuesAt !== null) {
      const words = `${providerName} went on here after ${halfWords(half)}`;
      return [{ kind: 'continued', words, at: continuesAt }];
    }
    // What comes after is about the same half only if it is the next one that began.
    if (attempts[index - 1] !== half) return [];
    return [
      {
        kind: 'replaced',
        words: `began again at ${providerName} after ${halfWords(half)}`,
        at: null,
      },
    ];
  });
}
