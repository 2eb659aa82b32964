/** Routes in words: the same on cards, in the picker, in the bar over a chat and in the editor. */

import { formatDuration } from '../../lib/format';
import type {
  HalfAnswer,
  HealthView,
  ModelView,
  Policy,
  RouteEntryView,
  RouteView,
} from '../../lib/ipc/gen/types';
import { isSameEndpoint } from '../../lib/state/endpoints';
import { groupsOf, isBuiltIn } from '../models/groups';
import { count } from '../models/words';

export interface Explained<Value extends string> {
  value: Value;
  label: string;
  explanation: string;
}

export const POLICIES: readonly Explained<Policy>[] = [
  {
    value: 'as_listed',
    label: 'As listed',
    explanation: 'In your order, from the top; the next one only where the one before fails.',
  },
  {
    value: 'cheapest',
    label: 'Cheapest healthy',
    explanation: 'The lowest price for the text at hand first; what is in trouble comes last.',
  },
  {
    value: 'fastest',
    label: 'Fastest here',
    explanation:
      'The soonest first token on this computer first; what was not measured comes after.',
  },
  {
    value: 'balanced',
    label: 'Balanced',
    explanation: 'Price, first token and failures weighed against each other.',
  },
  {
    value: 'my_best',
    label: 'My best',
    explanation:
      'The model that your own votes put first, within the limits; those with too few votes come after.',
  },
];

export const HALF_ANSWERS: readonly Explained<HalfAnswer>[] = [
  {
    value: 'replace',
    label: 'Replace it',
    explanation: 'The next one writes the whole answer anew. The half is kept in the receipt.',
  },
  {
    value: 'continue',
    label: 'Continue it',
    explanation:
      'The next one goes on where it broke off, with a mark there. Where a model cannot, it begins again.',
  },
  {
    value: 'keep',
    label: 'Keep it as it is',
    explanation: 'The half stays, marked as broken off, and nobody else is asked.',
  },
];

export function policyWords(policy: Policy): string {
  return POLICIES.find(({ value }) => value === policy)?.label ?? policy;
}

/** A price ceiling as it was typed, as people read it; `null` for none. */
export function ceilingWords(text: string | null): string | null {
  const amount = text?.trim().replace(/^\$/, '') ?? '';
  return amount === '' ? null : `~$${amount}`;
}

/** A limit as a person set it: "3 s", "0.5 s", "15 min". */
export function secondsWords(milliseconds: number): string {
  if (milliseconds >= 60_000) return formatDuration(milliseconds);
  return `${milliseconds / 1_000} s`;
}

/** "Cheapest healthy, first token within 3 s, at most ~$0.02 an answer". */
export function routeSummary({ policy, limits, requirements, isHedged }: RouteView): string {
  const ceiling = ceilingWords(requirements.answerCeiling);
  const rate = ceilingWords(requirements.outputCeiling)?.slice(1);
  return [
    policyWords(policy),
    `first token within ${secondsWords(limits.firstTokenMillis)}`,
    ceiling === null ? '' : `at most ${ceiling} an answer`,
    rate === undefined ? '' : `at most ${rate} a million answer tokens`,
    requirements.localOnly ? 'on this computer only' : '',
    requirements.directOnly ? 'direct to the maker only' : '',
    requirements.noTraining ? 'no training' : '',
    requirements.noKeeping ? 'no keeping' : '',
    isHedged ? 'hedged' : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** "at most ~$0.02 an answer, calls tools"; what is required, in few words. */
export function limitsSummary({ requirements }: RouteView): string {
  const ceiling = ceilingWords(requirements.answerCeiling);
  const rate = ceilingWords(requirements.outputCeiling)?.slice(1);
  const words = [
    ceiling === null ? '' : `at most ${ceiling} an answer`,
    rate === undefined ? '' : `at most ${rate} a million answer tokens`,
    requirements.images ? 'pictures' : '',
    requirements.tools ? 'tools' : '',
    requirements.reasoning ? 'thinking' : '',
    requirements.jsonSchema ? 'JSON schema' : '',
    requirements.openWeights ? 'open weights' : '',
    requirements.localOnly ? 'on this computer only' : '',
    requirements.directOnly ? 'direct only' : '',
    requirements.noTraining ? 'no training' : '',
    requirements.noKeeping ? 'no keeping' : '',
    requirements.regions.length > 0 ? `in ${requirements.regions.join(', ')}` : '',
    requirements.excluded.length > 0 ? `without ${requirements.excluded.join(', ')}` : '',
  ].filter((part) => part !== '');
  if (words.length > 0) return words.join(', ');
  return requirements.contextFits ? 'the prompt must fit' : 'none';
}

/** "first token within 12 s, 6 tries". */
export function patienceSummary({
  limits,
  isHedged,
}: {
  limits: Record<'firstTokenMillis' | 'attempts', string>;
  isHedged: boolean;
}): string {
  const tries = limits.attempts === '1' ? 'one try' : `${limits.attempts} tries`;
  return `first token within ${limits.firstTokenMillis} s, ${tries}${isHedged ? ', two may race' : ''}`;
}

export function failureSummary({ halfAnswer, localWhenOffline }: RouteView): string {
  const half = { replace: 'half is replaced', continue: 'half is continued', keep: 'half is kept' };
  return `${half[halfAnswer]}${localWhenOffline ? ', this computer when offline' : ''}`;
}

export interface EntryWords {
  name: string;
  /** By which way: a provider, or any of several. */
  way: string;
  colour: number | null;
  /** Nobody lists it any more. */
  isGone: boolean;
}

export function entryWords(entry: RouteEntryView, models: readonly ModelView[]): EntryWords {
  if (entry.kind === 'model') {
    const group = groupsOf(models).find(({ key }) => key === entry.key);
    if (!group)
      return { name: shortName(entry.key), way: 'nobody lists it', colour: null, isGone: true };
    const [only] = group.ways;
    const way =
      group.wayCount === 1 && only
        ? providerOf(only)
        : `any of ${count(group.wayCount, 'way in', 'ways in')}`;
    return { name: group.name, way, colour: group.colour, isGone: false };
  }
  const model = models.find(({ endpoint }) => isSameEndpoint(endpoint, entry.endpoint));
  if (!model) {
    const name = shortName(entry.endpoint.model);
    return { name, way: 'nobody lists it', colour: null, isGone: true };
  }
  return { name: model.name, way: providerOf(model), colour: model.colour, isGone: false };
}

export function providerOf(model: ModelView): string {
  return isBuiltIn(model) ? 'this computer' : model.providerName;
}

function shortName(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

export function entryKey(entry: RouteEntryView): string {
  return entry.kind === 'model'
    ? `model ${entry.key}`
    : `endpoint ${entry.endpoint.providerId} ${entry.endpoint.model}`;
}

/** When an entry has its turn, in two or three words. */
export function turnWords(policy: Policy, index: number): string {
  switch (policy) {
    case 'as_listed':
      return index === 0 ? 'first' : '429, 5xx, timeout';
    case 'cheapest':
      return 'by price';
    case 'fastest':
      return 'by first token';
    case 'balanced':
      return 'weighed';
    case 'my_best':
      return 'by your votes';
  }
}

export type HealthTone = 'good' | 'bad' | 'warn' | 'none';

/** "healthy", "paused, 18 s", "probing", "not measured yet". */
export function healthState(
  health: HealthView | undefined,
  now: number,
): { words: string; tone: HealthTone } {
  const left = (health?.pausedUntil ?? now) - now;
  if (left > 0) return { words: `paused, ${formatCountdown(left)}`, tone: 'bad' };
  if (health && health.circuit !== 'closed') return { words: 'probing', tone: 'warn' };
  if (!health || health.samples === 0) return { words: 'not measured yet', tone: 'none' };
  return { words: 'healthy', tone: 'good' };
}

/** Whole seconds, rounded up, so that the last one is not zero. */
export function formatCountdown(milliseconds: number): string {
  const seconds = Math.max(Math.ceil(milliseconds / 1000), 0);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** "99.2 %" of the attempts were good; `null` where there were none. */
export function goodShare(health: HealthView | undefined): string | null {
  if (!health || health.failedShare === null || health.samples === 0) return null;
  const percent = (1 - health.failedShare) * 100;
  // All but one of many is not all.
  const shown = percent > 99.9 && health.failedShare > 0 ? 99.9 : percent;
  return `${shown.toFixed(shown === 100 ? 0 : 1)} %`;
}
