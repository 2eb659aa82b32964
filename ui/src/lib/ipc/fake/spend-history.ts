/** A made-up history of attempts, the same each time: what the fake adds up for every view of spend. */

import type { AttemptStatus, CostKind, SpendTokens } from '../gen/types';
import { KNOWN } from './catalogue';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How far it reaches back. */
const DAYS = 400;

/** One attempt that has ended. Money is nano-dollars, times are milliseconds since 1970 UTC. */
export interface MadeAttempt {
  runId: string;
  /** Its place within the run, from 0. */
  ordinal: number;
  at: number;
  /** The date at this computer when it began. */
  day: string;
  providerId: string;
  providerName: string;
  /** The slot; `null` where no key is needed. */
  keyId: string | null;
  keyLabel: string | null;
  /** The canonical name. */
  modelKey: string;
  /** As the provider calls it. */
  model: string;
  modelName: string;
  colour: number;
  origin: 'chat' | 'compare' | 'lab' | 'gateway';
  purpose: 'answer' | 'judge' | 'merge';
  app: string | null;
  conversationId: string | null;
  title: string | null;
  question: string | null;
  status: AttemptStatus;
  costKind: CostKind;
  /** `null` exactly where nobody knows it. */
  nanoUsd: number | null;
  /** What the maker's list makes of the same tokens. */
  listNanoUsd: number | null;
  cacheSavedNanoUsd: number | null;
  tokens: SpendTokens;
  words: number;
}

interface Way {
  providerId: string;
  providerName: string;
  modelKey: string;
  colour: number;
  keys: readonly (readonly [id: string, label: string])[];
  /** Times the maker's list price; `null` where nobody knows the price. */
  factor: number | null;
  kind: CostKind;
  weight: number;
}

const KEYS = [
  ['key-work', 'work'],
  ['key-home', 'home'],
] as const;

const way = (
  providerId: string,
  providerName: string,
  modelKey: string,
  colour: number,
  weight: number,
  rest: Partial<Way> = {},
): Way => ({
  providerId,
  providerName,
  modelKey,
  colour,
  weight,
  keys: KEYS.slice(0, 1),
  factor: 1,
  kind: 'computed',
  ...rest,
});

const REPORTED = { kind: 'reported', factor: 1.055, keys: KEYS } as const;
const CLAUDE = 'anthropic/claude-sonnet-4.6';

const WAYS: readonly Way[] = [
  way('openrouter', 'OpenRouter', CLAUDE, 1, 22, REPORTED),
  way('openrouter', 'OpenRouter', 'deepseek/deepseek-chat', 2, 10, REPORTED),
  way('openrouter', 'OpenRouter', 'openai/gpt-6.1', 4, 9, REPORTED),
  way('openrouter', 'OpenRouter', 'moonshotai/kimi-k2', 1, 3, REPORTED),
  way('anthropic', 'Anthropic', CLAUDE, 1, 14),
  way('anthropic', 'Anthropic', 'anthropic/claude-opus-4.6', 0, 4),
  way('google', 'Google AI Studio', 'google/gemini-flash', 3, 12, { keys: KEYS }),
  way('google', 'Google AI Studio', 'google/gemini-pro', 4, 4),
  way('deepseek', 'DeepSeek', 'deepseek/deepseek-reasoner', 0, 7),
  way('openai', 'OpenAI', 'openai/gpt-6.1-mini', 1, 8),
  way('mistral', 'Mistral', 'mistralai/codestral', 2, 4),
  way('nanogpt', 'NanoGPT', 'google/gemini-flash', 3, 4, { kind: 'reported', factor: 0.92 }),
  way('homelab', 'Homelab', 'openai/gpt-oss-120b', 3, 2, { kind: 'unknown', factor: null }),
  way('local', 'This computer', 'local/smollm2-135m', 0, 6, { keys: [], factor: 0 }),
];

const QUESTIONS = [
  'How do I get back-pressure when I stream model output?',
  'Rewrite this letter to the tax office in plain words',
  'Plan four days in Lisbon with a child of six',
  'Why does this query scan the whole table?',
  'Ten names for a cat that is not a cat person',
  'Sum up the minutes of the meeting in five points',
  'What changed between these two contracts?',
  'Write tests for this parser',
];
const TITLES = [
  'Rust channel back-pressure',
  'Tax letter, plain English',
  'Trip plan: Lisbon in May',
  'SQL window functions',
  'Name ideas for the cat',
  'Minutes of the board',
  'Lease, old and new',
  'Parser tests',
];
const APPS = ['editor', 'mail-triage', 'nightly-digest'];

/** Mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The date at this computer, such as `2026-11-25`. */
export function dayOf(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export const NO_TOKENS: SpendTokens = {
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  media: 0,
  webSearches: 0,
};

/** Chats that are there to be opened, as id and title. */
export type MadeChats = readonly (readonly [id: string, title: string])[];

/** The oldest first. `chats` stand in for some of those that were made up. */
export function madeHistory(now: number, chats: MadeChats = []): MadeAttempt[] {
  const random = randomFrom(20_261_125);
  const attempts: MadeAttempt[] = [];
  const total = WAYS.reduce((sum, { weight }) => sum + weight, 0);
  const pick = (): Way => {
    let left = random() * total;
    return WAYS.find(({ weight }) => (left -= weight) < 0) ?? (WAYS[0] as Way);
  };
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  for (let ago = DAYS - 1; ago >= 0; ago -= 1) {
    const morning = new Date(midnight);
    morning.setDate(morning.getDate() - ago);
    const isWeekend = [0, 6].includes(morning.getDay());
    // Work has seasons: some weeks are busy, some days are off.
    const season = 1 + 0.7 * Math.sin(ago / 17) + (DAYS - ago) / DAYS;
    const isOff = ago > 2 && random() < (isWeekend ? 0.35 : 0.06);
    const most = isOff ? 0 : Math.round((isWeekend ? 4 : 11) * season * (0.35 + random()));
    for (let index = 0; index < Math.max(most, ago === 0 ? 6 : 0); index += 1) {
      const share = (index + random()) / Math.max(most, 6);
      // Today is not over, and nothing was asked in the future.
      const at =
        ago === 0
          ? Math.round(midnight.getTime() + share * (now - midnight.getTime()))
          : morning.getTime() + Math.round((7 + share * 15) * 60) * MINUTE;
      attempts.push(...madeRun(`run-made-${ago}-${index}`, at, pick, random, chats));
    }
  }
  return attempts.sort((left, right) => left.at - right.at);
}

function madeRun(
  runId: string,
  at: number,
  pick: () => Way,
  random: () => number,
  chats: MadeChats,
): MadeAttempt[] {
  const roll = random();
  const origin = roll < 0.58 ? 'chat' : roll < 0.76 ? 'compare' : roll < 0.8 ? 'lab' : 'gateway';
  const subject = Math.floor(random() * QUESTIONS.length);
  const chat = chats[subject % Math.max(chats.length, 1)];
  const isKept = origin === 'chat' && random() > 0.08;
  const turn = random();
  const purpose = origin !== 'compare' || turn > 0.3 ? 'answer' : turn > 0.1 ? 'judge' : 'merge';
  const common = {
    runId,
    origin,
    purpose,
    app: origin === 'gateway' ? (APPS[Math.floor(random() * APPS.length)] ?? null) : null,
    conversationId: isKept ? (chat?.[0] ?? `chat-made-${subject}`) : null,
    title: isKept ? (chat?.[1] ?? TITLES[subject] ?? null) : null,
    question: origin === 'chat' && !isKept ? null : (QUESTIONS[subject] ?? null),
  } as const;
  const failures = random() < 0.045 ? 1 + Math.floor(random() * 2) : 0;
  const isLost = failures > 0 && random() < 0.12;
  const made: MadeAttempt[] = [];
  for (let ordinal = 0; ordinal < failures; ordinal += 1) {
    made.push(madeAttempt(pick(), 'failed', at + ordinal * 2_000, ordinal, common, random));
  }
  if (isLost) return made;
  const status = random() < 0.02 ? 'stopped' : 'answered';
  made.push(madeAttempt(pick(), status, at + failures * 2_000, failures, common, random));
  return made;
}

/** A question that a budget stopped: nobody was asked, so that there is no attempt. */
export type MadeStop = Pick<
  MadeAttempt,
  | 'runId'
  | 'at'
  | 'day'
  | 'origin'
  | 'conversationId'
  | 'title'
  | 'question'
  | 'providerId'
  | 'model'
  | 'providerName'
>;

/** Two of today, and one of some weeks ago; the oldest first. */
export function madeStops(now: number, chats: MadeChats = []): MadeStop[] {
  const [conversationId, title] = chats[0] ?? ['chat-made-0', TITLES[0] ?? null];
  return [40 * DAY, 0, 0].map((ago, index) => {
    const at = now - ago - (3 - index) * MINUTE;
    return {
      runId: `run-stopped-${index}`,
      at,
      day: dayOf(at),
      origin: 'chat',
      conversationId,
      title,
      question: QUESTIONS[index] ?? null,
      providerId: 'openrouter',
      providerName: 'OpenRouter',
      model: 'anthropic/claude-opus-4.6',
    };
  });
}

type Common = Pick<
  MadeAttempt,
  'runId' | 'origin' | 'purpose' | 'app' | 'conversationId' | 'title' | 'question'
>;

function madeAttempt(
  chosen: Way,
  status: 'answered' | 'failed' | 'stopped',
  at: number,
  ordinal: number,
  common: Common,
  random: () => number,
): MadeAttempt {
  const { providerId, providerName, modelKey, colour, keys, factor } = chosen;
  const key = keys[random() < 0.75 ? 0 : keys.length - 1];
  const known = KNOWN.find(({ id }) => id === modelKey);
  const isLocal = providerId === 'local';
  const name = known?.name ?? 'SmolLM2 135M Instruct';
  const prompt = Math.round(200 + random() ** 3 * 24_000);
  const cached = random() < 0.4 ? Math.round(prompt * random() * 0.8) : 0;
  const isHalf = status === 'stopped';
  const output = Math.round((120 + random() ** 2 * 1_900) * (isHalf ? 0.4 : 1));
  const tokens: SpendTokens =
    status === 'failed'
      ? NO_TOKENS
      : {
          input: prompt - cached,
          cacheRead: cached,
          cacheWrite: cached > 0 && random() < 0.3 ? Math.round(prompt * 0.1) : 0,
          output,
          reasoning: known?.hasReasoning && random() < 0.4 ? Math.round(output * random() * 2) : 0,
          media: known?.reads.includes('image') && random() < 0.05 ? 1_290 : 0,
          webSearches: random() < 0.02 ? 1 : 0,
        };
  // Nano-dollars for a token are thousands of dollars for a million.
  const prices: readonly number[] = (known?.price ?? [0, 0]).map((price = 0) => price * 1_000);
  const [input = 0, answer = 0, cacheRead = input] = prices;
  const fresh = (tokens.input + tokens.cacheWrite + tokens.media) * input;
  const list = Math.round(
    fresh +
      tokens.cacheRead * cacheRead +
      (tokens.output + tokens.reasoning) * answer +
      tokens.webSearches * 10_000_000,
  );
  const costKind: CostKind =
    status === 'failed' || factor === 0 ? 'computed' : isHalf ? 'estimated' : chosen.kind;
  const paid = status === 'failed' ? 0 : Math.round(list * (factor ?? 1));
  const isPriced = factor !== null && !isLocal && status !== 'failed';
  return {
    ...common,
    ordinal,
    at,
    day: dayOf(at),
    providerId,
    providerName,
    keyId: key?.[0] ?? null,
    keyLabel: key?.[1] ?? null,
    modelKey,
    model: ['openrouter', 'nanogpt'].includes(providerId) ? modelKey : name,
    modelName: name,
    colour,
    status,
    costKind: factor === null && status !== 'failed' ? 'unknown' : costKind,
    nanoUsd: factor === null && status !== 'failed' ? null : paid,
    listNanoUsd: isPriced ? list : null,
    cacheSavedNanoUsd: isPriced
      ? Math.round(tokens.cacheRead * (input - cacheRead) * factor)
      : null,
    tokens,
    words: status === 'answered' ? Math.round(output * 0.72) : 0,
  };
}

/** The date of the midnight so many days later; arithmetic on the calendar, not on hours. */
export function daysLater(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}
