/** Who read the text, and what each declares about it, in words. */

import type { DataPolicyView, ReaderView, Training } from '../../../lib/ipc/gen/types';

export interface ReaderCard {
  name: string;
  /** What it is to the answer. */
  role: string;
  /** What it declares, one sentence each. */
  declares: string[];
  /** The page that says so; `null` where there is none to show. */
  source: { url: string; host: string; asOf: string } | null;
}

export function readerCard({ name, role, isLocal, policy }: ReaderView): ReaderCard {
  if (isLocal) {
    return { name, role: 'this computer', declares: ['The text did not leave it.'], source: null };
  }
  return {
    name,
    role: role === 'host' ? 'the host behind it' : 'asked by you',
    declares: policy ? declarations(policy) : ['Declares nothing that we know of.'],
    source: policy ? sourceOf(policy) : null,
  };
}

function declarations({ training, keepsDays, words }: DataPolicyView): string[] {
  return [trainingWords(training), keepingWords(keepsDays), words].filter((each) => each !== '');
}

function trainingWords(training: Training): string {
  switch (training) {
    case 'no':
      return 'Trains no models with it.';
    case 'unpaid_only':
      return 'Trains models with what is sent without paying.';
    case 'depends_on_host':
      return 'Whether models are trained with it depends on the host behind.';
    case 'unknown':
      return 'Does not say whether models are trained with it.';
  }
}

function keepingWords(days: number | null): string {
  if (days === null) return 'Does not say for how long it is kept.';
  if (days === 0) return 'Does not keep it.';
  return days === 1 ? 'Keeps it for 1 day.' : `Keeps it for ${days} days.`;
}

function sourceOf({ source, asOf }: DataPolicyView): ReaderCard['source'] {
  if (!URL.canParse(source)) return null;
  return { url: source, host: new URL(source).host, asOf };
}
