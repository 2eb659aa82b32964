/**
 * A route while it is edited: numbers as they are typed, and what is wrong with them at their fields. The
 * shell checks it all again; here it is only said earlier.
 */

import type { IpcError, RouteLimitsView, RouteView } from '../../lib/ipc/gen/types';

export type LimitField = keyof RouteLimitsView;

export type TimeField = 'connectMillis' | 'firstTokenMillis' | 'silenceMillis' | 'totalMillis';
export type CountField = 'attemptsPerEndpoint' | 'attempts';

/** The field that an error belongs to. */
export type RouteField =
  'name' | 'entries' | 'answerCeiling' | 'outputCeiling' | 'regions' | TimeField | CountField;

export interface RouteDraft extends Omit<RouteView, 'limits'> {
  limits: Record<LimitField, string>;
  /** Words with commas between them. */
  regions: string;
}

export const TIMES: readonly {
  field: TimeField;
  label: string;
  help: string;
  least: number;
  most: number;
}[] = [
  {
    field: 'connectMillis',
    label: 'To connect',
    help: 'Until a provider has taken the request.',
    least: 0.5,
    most: 600,
  },
  {
    field: 'firstTokenMillis',
    label: 'First token',
    help: 'From there on. Models that think first get five times as long.',
    least: 0.5,
    most: 3_600,
  },
  {
    field: 'silenceMillis',
    label: 'Silence',
    help: 'Between two tokens.',
    least: 0.5,
    most: 3_600,
  },
  {
    field: 'totalMillis',
    label: 'Whole answer',
    help: 'With every attempt.',
    least: 1,
    most: 86_400,
  },
];

export const COUNTS: readonly {
  field: CountField;
  label: string;
  help: string;
  least: number;
  most: number;
}[] = [
  {
    field: 'attemptsPerEndpoint',
    label: 'Tries of one way in',
    help: 'The second one waits as long as the provider asks.',
    least: 1,
    most: 10,
  },
  { field: 'attempts', label: 'Tries in all', help: 'Whoever is asked.', least: 1, most: 50 },
];

const isTime = (field: LimitField): field is TimeField => field.endsWith('Millis');

export function draftOf(route: RouteView): RouteDraft {
  const { limits, ...rest } = structuredClone(route);
  const typed = Object.entries(limits).map(([field, value]) => [
    field,
    isTime(field as LimitField) ? String(value / 1_000) : String(value),
  ]);
  return {
    ...rest,
    limits: Object.fromEntries(typed) as RouteDraft['limits'],
    regions: route.requirements.regions.join(', '),
  };
}

function numberOf(text: string): number {
  const trimmed = text.trim().replace(',', '.');
  return /^\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : Number.NaN;
}

function amountOf(text: string | null): string | null {
  const amount = (text ?? '')
    .trim()
    .replace(/^\$\s*/, '')
    .replace(',', '.');
  return amount === '' ? null : amount;
}

/** The route as it would be saved. What is wrong in it is `problems`' business. */
export function routeOfDraft(draft: RouteDraft): RouteView {
  const { limits, regions, ...rest } = draft;
  const millis = (text: string) => Math.round(numberOf(text) * 1_000);
  return {
    ...rest,
    name: draft.name.trim().replace(/\s+/g, ' '),
    bestFor: draft.bestFor?.trim() || null,
    limits: {
      connectMillis: millis(limits.connectMillis),
      firstTokenMillis: millis(limits.firstTokenMillis),
      silenceMillis: millis(limits.silenceMillis),
      totalMillis: millis(limits.totalMillis),
      attemptsPerEndpoint: numberOf(limits.attemptsPerEndpoint),
      attempts: numberOf(limits.attempts),
    },
    requirements: {
      ...draft.requirements,
      answerCeiling: amountOf(draft.requirements.answerCeiling),
      outputCeiling: amountOf(draft.requirements.outputCeiling),
      regions: regions
        .split(/[,\s]+/)
        .map((region) => region.trim())
        .filter((region) => region !== ''),
    },
  };
}

export type Problems = Partial<Record<RouteField, string>>;

export function problemsOf(draft: RouteDraft, takenNames: readonly string[]): Problems {
  const problems: Problems = {};
  const name = draft.name.trim().replace(/\s+/g, ' ');
  if (name === '') problems.name = 'A route needs a name.';
  else if ([...name].length > 60) problems.name = 'A name has at most 60 characters.';
  else if (takenNames.some((taken) => taken.toLowerCase() === name.toLowerCase())) {
    problems.name = 'There is a route with this name already.';
  }
  if (draft.entries.length === 0) problems.entries = 'Add at least one model or way in.';
  if (draft.entries.length > 64) problems.entries = 'A route has at most 64 entries.';
  for (const field of ['answerCeiling', 'outputCeiling'] as const) {
    const text = amountOf(draft.requirements[field]);
    if (text === null) continue;
    if (!/^\d+(\.\d+)?$/.test(text)) {
      problems[field] = 'That is no amount of dollars. Write it like 0.02.';
    } else if (Number(text) === 0 && field === 'answerCeiling') {
      problems[field] = 'It must be above 0. Leave it empty for no ceiling.';
    }
  }
  for (const { field, least, most } of TIMES) {
    const value = numberOf(draft.limits[field]);
    if (!(value >= least && value <= most)) {
      problems[field] = `Between ${least} and ${most.toLocaleString('en-US')} seconds.`;
    }
  }
  for (const { field, least, most } of COUNTS) {
    const value = numberOf(draft.limits[field]);
    if (!Number.isInteger(value) || value < least || value > most) {
      problems[field] = `A whole number from ${least} to ${most}.`;
    }
  }
  return problems;
}

/** The fields that the shell names otherwise than this form. */
export function problemsFrom(error: IpcError): Problems {
  const words = `${error.message} ${error.advice}`;
  const field = error.field?.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  switch (field) {
    case 'name':
    case 'entries':
    case 'answerCeiling':
    case 'outputCeiling':
    case 'regions':
      return { [field]: words };
    case 'limits':
      return { [limitIn(error.message)]: words };
    default:
      return {};
  }
}

/** The shell says which limit it means in words. */
function limitIn(message: string): RouteField {
  if (/connect/i.test(message)) return 'connectMillis';
  if (/first token/i.test(message)) return 'firstTokenMillis';
  if (/silence/i.test(message)) return 'silenceMillis';
  if (/tries of one/i.test(message)) return 'attemptsPerEndpoint';
  if (/tries/i.test(message)) return 'attempts';
  return 'totalMillis';
}

export function isSameRoute(left: RouteView, right: RouteView): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

export type Section = 'first' | 'limits' | 'patience' | 'failure';

/** Which part of the form holds a field, so that it can be unfolded. */
export function sectionOf(field: RouteField | 'isHedged' | 'halfAnswer'): Section {
  switch (field) {
    case 'name':
    case 'entries':
      return 'first';
    case 'answerCeiling':
    case 'outputCeiling':
    case 'regions':
      return 'limits';
    case 'halfAnswer':
      return 'failure';
    default:
      return 'patience';
  }
}

/** What the advice of a test wants changed, by the words that the shell uses. */
export interface Remedy {
  field: RouteField | 'isHedged' | 'halfAnswer';
  /** What the button does. */
  label: string;
  /** The changed route; `null` where only the person can choose, and the button leads there. */
  change: ((draft: RouteDraft) => RouteDraft) | null;
}

export function remedyFor(advice: string): Remedy | null {
  const limits = (change: Partial<RouteDraft['limits']>) => (draft: RouteDraft) => ({
    ...draft,
    limits: { ...draft.limits, ...change },
  });
  if (/^Add another (way in|model)/.test(advice)) {
    return { field: 'entries', label: 'Add an entry', change: null };
  }
  if (/^Allow two tries/.test(advice)) {
    return {
      field: 'attemptsPerEndpoint',
      label: 'Allow two tries',
      change: limits({ attemptsPerEndpoint: '2' }),
    };
  }
  if (/time to connect/.test(advice)) {
    return {
      field: 'connectMillis',
      label: 'Connect within 8 s',
      change: limits({ connectMillis: '8' }),
    };
  }
  if (/first token/.test(advice)) {
    return {
      field: 'firstTokenMillis',
      label: 'First token within 12 s',
      change: limits({ firstTokenMillis: '12' }),
    };
  }
  if (/silence/.test(advice)) {
    return {
      field: 'silenceMillis',
      label: 'Silence of at most 15 s',
      change: limits({ silenceMillis: '15' }),
    };
  }
  if (/half an answer/.test(advice)) {
    return {
      field: 'halfAnswer',
      label: 'Replace half answers',
      change: (draft) => ({ ...draft, halfAnswer: 'replace' }),
    };
  }
  if (/^Allow more tries/.test(advice)) {
    return { field: 'attempts', label: 'Allow six tries', change: limits({ attempts: '6' }) };
  }
  if (/time limits/.test(advice)) {
    return { field: 'firstTokenMillis', label: 'Show the time limits', change: null };
  }
  return null;
}
