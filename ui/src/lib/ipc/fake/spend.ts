/**
 * What was spent, in memory: every answer is added up from one list of made-up attempts, so that no two
 * of them can disagree.
 *
 * Long because every question about spend is answered from that one list.
 */

import type { PlainName, Reply, Request } from '../backend';
import type {
  BudgetStage,
  BudgetStanding,
  CostView,
  CurrencyView,
  RunView,
  SpendAnswer,
  SpendAnswersRequest,
  SpendChart,
  SpendChartRequest,
  SpendExport,
  SpendGroup,
  SpendOverview,
  SpendQuery,
  SpendSums,
  SpendToday,
} from '../gen/types';
import { failureNamed } from './failures';
import { refuse } from './refuse';
import { answered, attempt, emptyAnswer, failed, receiptOf, usage } from './script';
import { dayOf, daysLater, type MadeAttempt, type MadeStop } from './spend-history';
import { groupedBy, sumsOf, tokensOf, total } from './spend-sums';

type SpendName = Extract<
  PlainName,
  `spend_${'overview' | 'chart' | 'answers' | 'export'}` | `currency_${string}` | 'file_reveal'
>;
export type SpendHandlers = { [Name in SpendName]: (request: Request<Name>) => Reply<Name> };

/** So many groups have a name of their own. */
const MOST_GROUPS = 200;
/** So many have days of their own. */
const MOST_DRAWN = 7;
/** Fewer words say nothing about a price. */
const FEW_WORDS = 500;
const NANO = 1_000_000_000;

export interface SpendOptions {
  attempts: readonly MadeAttempt[];
  /** What a budget stopped, the oldest first. */
  stops?: readonly MadeStop[];
  now?: number;
  /** The worst case of what has not ended. */
  reservedNanoUsd?: number;
  budget?: BudgetStage | undefined;
}

export class FakeSpend {
  /** Every attempt, the oldest first. */
  readonly attempts: readonly MadeAttempt[];
  readonly #stops: readonly MadeStop[];
  readonly #now: number;
  readonly #reserved: number;
  readonly #budget: BudgetStage | undefined;
  #currency: CurrencyView | null = null;
  readonly #saved = new Set<string>();

  constructor(options: SpendOptions) {
    this.attempts = options.attempts;
    this.#stops = options.stops ?? [];
    this.#now = options.now ?? Date.now();
    this.#reserved = options.reservedNanoUsd ?? 0;
    this.#budget = options.budget;
  }

  readonly handlers: SpendHandlers = {
    spend_overview: (query) => this.#overview(query),
    spend_chart: (request) => this.#chart(request),
    spend_answers: (request) => this.#answers(request),
    spend_export: (request) => this.#export(request),
    file_reveal: ({ name }) => {
      if (!this.#saved.has(name)) {
        refuse('not_found', 'That file is not there any more.', 'Export it again.');
      }
      return null;
    },
    currency_get: () => ({ currency: this.#currency }),
    currency_set: ({ currency }) => {
      if (currency) checkCurrency(currency);
      this.#currency = currency;
      return null;
    },
  };

  /** What the line beside the views says. */
  today(): SpendToday {
    const today = dayOf(this.#now);
    const day = sumsOf(this.#within(today, today));
    const month = sumsOf(this.#within(`${today.slice(0, 7)}-01`, today));
    return {
      todayNanoUsd: day.knownNanoUsd,
      todayUnknown: day.unknown,
      todayEstimated: day.estimated > 0,
      monthNanoUsd: month.knownNanoUsd,
      monthUnknown: month.unknown,
      budget: this.#budget ? this.#standing(this.#budget, day) : null,
    };
  }

  /** The receipt of one of the runs; `undefined` where it is none of them. */
  run(runId: string): RunView | undefined {
    const stop = this.#stops.find((each) => each.runId === runId);
    if (stop) return stoppedRun(stop);
    const own = this.attempts.filter((each) => each.runId === runId);
    const last = own.at(-1);
    if (!last) return undefined;
    const endpoint = { providerId: last.providerId, model: last.model };
    const views = own.map((each) => {
      const begun = attempt(
        each.ordinal,
        { providerId: each.providerId, model: each.model },
        each.providerName,
        { startedAt: each.at, keyLabel: each.keyLabel, colour: each.colour },
      );
      const { input, cacheRead, cacheWrite, output, reasoning, webSearches } = each.tokens;
      const counts = usage({ input, cacheRead, cacheWrite, output, reasoning, webSearches });
      const over =
        each.status === 'failed'
          ? failed(begun, failureNamed('overloaded'), 'overloaded, no retry hint')
          : { ...answered(begun, counts), status: each.status };
      return {
        ...over,
        cost: { nanoUsd: each.nanoUsd, kind: each.costKind },
        reportedNanoUsd: each.costKind === 'reported' ? each.nanoUsd : null,
        listNanoUsd: each.listNanoUsd,
      };
    });
    const { run } = emptyAnswer(`answer-${runId}`, '', runId, endpoint, last.colour);
    return run
      ? { ...run, receipt: { ...receiptOf(views), cost: costOfAll(own) }, failure: null }
      : undefined;
  }

  #within(from: string, to: string): MadeAttempt[] {
    return this.attempts.filter(({ day }) => day >= from && day <= to);
  }

  #found(query: SpendQuery): MadeAttempt[] {
    if (query.from > query.to) {
      refuse('invalid_input', 'The first day is after the last.', 'Swap the two.', 'from');
    }
    return this.#within(query.from, query.to).filter((each) =>
      [
        query.providerId === null || each.providerId === query.providerId,
        query.modelKey === null || each.modelKey === query.modelKey,
        query.origin === null || each.origin === query.origin,
        query.purpose === null || each.purpose === query.purpose,
        query.app === null || each.app === query.app,
        query.conversationId === null || each.conversationId === query.conversationId,
        query.keyId === null || each.keyId === query.keyId,
        query.costKind === null || each.costKind === query.costKind,
      ].every(Boolean),
    );
  }

  /** Where attempts alone can fit, there are none. */
  #stoppedIn(query: SpendQuery): MadeStop[] {
    const { providerId, modelKey, keyId, costKind } = query;
    if ([providerId, modelKey, keyId, costKind].some((each) => each !== null)) return [];
    return this.#stops.filter(
      ({ day, origin }) =>
        day >= query.from && day <= query.to && (query.origin === null || query.origin === origin),
    );
  }

  #overview(query: SpendQuery): SpendOverview {
    const found = this.#found(query);
    const stopped = this.#stoppedIn(query).length;
    const today = dayOf(this.#now);
    const monthStart = `${today.slice(0, 7)}-01`;
    const lastEnd = daysLater(monthStart, -1);
    const daysOfMonth = Number(daysLater(`${nextMonth(monthStart)}-01`, -1).slice(8));
    const midnight = new Date(this.#now).setHours(0, 0, 0, 0);
    const daysOver = Number(today.slice(8)) - 1 + (this.#now - midnight) / 86_400_000;
    const month = sumsOf(this.#within(monthStart, today));
    const runs = groupedBy(found, ({ runId }) => runId);
    const compared = found.filter((each) => each.listNanoUsd !== null && each.nanoUsd !== null);
    const savings = found.filter((each) => each.cacheSavedNanoUsd !== null);
    return {
      today: sumsOf(this.#within(today, today)),
      month,
      lastMonth: sumsOf(this.#within(`${lastEnd.slice(0, 7)}-01`, lastEnd)),
      paceNanoUsd: daysOver < 1 ? null : Math.round((month.knownNanoUsd / daysOver) * daysOfMonth),
      daysOver,
      daysOfMonth,
      span: sumsOf(found),
      answers: runs.length + stopped,
      stoppedAnswers: stopped,
      stoppedToday: this.#stops.filter(({ day }) => day === today).length,
      fellBack: runs.filter((own) => own.length > 1).length,
      failedAnswers: runs.filter((own) => own.every(({ status }) => status === 'failed')).length,
      tokens: tokensOf(found),
      cacheSavedNanoUsd:
        savings.length === 0 ? null : total(savings, (each) => each.cacheSavedNanoUsd),
      comparedPaidNanoUsd: total(compared, ({ nanoUsd }) => nanoUsd),
      comparedListNanoUsd: total(compared, ({ listNanoUsd }) => listNanoUsd),
      comparedAttempts: compared.length,
      reservedNanoUsd: this.#reserved,
      firstDay: this.attempts[0]?.day ?? null,
      todayDate: today,
    };
  }

  #chart({ query, by }: SpendChartRequest): SpendChart {
    const days: string[] = [];
    for (let day = query.from; day <= query.to; day = daysLater(day, 1)) days.push(day);
    const place = new Map(days.map((day, index) => [day, index]));
    const found = this.#found(query);
    const groups = groupedBy(found, (each) => groupKey(each, by))
      .map((own): SpendGroup => groupOf(own, by, days.length, place))
      .sort((left, right) => right.sums.knownNanoUsd - left.sums.knownNanoUsd)
      .slice(0, MOST_GROUPS);
    const others = days.map(() => 0);
    const unknown = days.map(() => 0);
    for (const { day, costKind } of found) {
      const index = place.get(day) ?? 0;
      if (costKind === 'unknown') unknown[index] = (unknown[index] ?? 0) + 1;
    }
    const drawn = groups.filter(({ sums }) => sums.knownNanoUsd !== 0).slice(0, MOST_DRAWN);
    for (const group of groups.filter((each) => !drawn.includes(each))) {
      group.byDayNanoUsd.forEach((amount, index) => {
        others[index] = (others[index] ?? 0) + amount;
      });
      group.byDayNanoUsd = [];
    }
    return { days, groups, othersByDayNanoUsd: others, unknownByDay: unknown };
  }

  #answers({ query, onlyStopped, order, offset, limit }: SpendAnswersRequest) {
    const answers = onlyStopped
      ? this.#stoppedIn(query).map(answerOfStop)
      : groupedBy(this.#found(query), ({ runId }) => runId).map(answerOf);
    const byNewest = (left: SpendAnswer, right: SpendAnswer) => right.startedAt - left.startedAt;
    answers.sort((left, right) =>
      order === 'newest'
        ? byNewest(left, right)
        : (right.cost.nanoUsd ?? -1) - (left.cost.nanoUsd ?? -1) || byNewest(left, right),
    );
    return {
      answers: answers.slice(offset, offset + limit),
      hasMore: answers.length > offset + limit,
    };
  }

  #export({ query, what, format }: SpendExport) {
    const name = `spend-${what}-${query.from}-to-${query.to}.${what === 'statement' ? 'html' : format}`;
    const bytes = this.#found(query).length * 240 + 512;
    this.#saved.add(name);
    return { name, folder: '/home/ada/Downloads', bytes };
  }

  /** One that is set so that today stands at that stage. */
  #standing(stage: BudgetStage, day: SpendSums): BudgetStanding {
    const share = { fine: 0.41, warned: 0.82, saving: 0.93, spent: 1.04 }[stage];
    const limit = Math.ceil(day.knownNanoUsd / share / 10_000_000) * 10_000_000;
    const left = Math.round((day.knownNanoUsd / limit) * 100);
    return {
      budget: {
        budgetId: 'budget-day',
        scope: { kind: 'everything' },
        period: 'day',
        limit: (limit / NANO).toFixed(2),
        warnsAt: 80,
        savesAt: 90,
        savesWithRouteId: null,
        stops: true,
        refusesUnknown: false,
      },
      name: 'Everything',
      limitNanoUsd: limit,
      spentNanoUsd: day.knownNanoUsd,
      reservedNanoUsd: this.#reserved,
      unknown: day.unknown,
      stage,
      paceNanoUsd: null,
      resetsAt: new Date(this.#now).setHours(24, 0, 0, 0),
      words: `${left} % of today’s budget is spent.`,
    };
  }
}

function nextMonth(monthStart: string): string {
  return daysLater(monthStart, 32).slice(0, 7);
}

/** In the words of the query; '' for what has none. */
function groupKey(each: MadeAttempt, by: string): string {
  switch (by) {
    case 'provider':
      return each.providerId;
    case 'model':
      return each.modelKey;
    case 'origin':
      return each.origin;
    case 'app':
      return each.app ?? '';
    case 'conversation':
      return each.conversationId ?? '';
    case 'key':
      return each.keyId === null ? '' : `${each.providerId} ${each.keyId}`;
    case 'purpose':
      return each.purpose;
    case 'cost_kind':
      return each.costKind;
    default:
      return refuse('invalid_input', 'Spend is not split in that way.', 'Choose another.', 'by');
  }
}

const WORDS: Record<string, string> = {
  chat: 'Chats',
  compare: 'Comparisons',
  lab: 'Latency lab',
  gateway: 'Gateway',
  answer: 'Answers',
  judge: 'Judging',
  merge: 'Merging',
  reported: 'Said by the provider',
  computed: 'Computed',
  estimated: 'Estimated',
  unknown: 'Unknown',
};

function nameOf(each: MadeAttempt, by: string): string {
  switch (by) {
    case 'provider':
      return each.providerName;
    case 'model':
      return each.modelName;
    case 'app':
      return each.app ?? 'Not through the gateway';
    case 'conversation':
      return each.title ?? 'In no chat';
    case 'key':
      return each.keyLabel === null ? 'Without a key' : `${each.providerName}, ${each.keyLabel}`;
    default:
      return WORDS[groupKey(each, by)] ?? groupKey(each, by);
  }
}

function groupOf(
  own: readonly MadeAttempt[],
  by: string,
  dayCount: number,
  place: ReadonlyMap<string, number>,
): SpendGroup {
  const first = own[0] ?? refuse('internal', 'A group has attempts.', '');
  const byDayNanoUsd = Array.from({ length: dayCount }, () => 0);
  for (const { day, nanoUsd } of own) {
    const index = place.get(day) ?? 0;
    byDayNanoUsd[index] = (byDayNanoUsd[index] ?? 0) + (nanoUsd ?? 0);
  }
  const words = own.reduce((sum, each) => sum + each.words, 0);
  const sums = sumsOf(own);
  const isKey = by === 'key' && first.keyId !== null;
  return {
    key: isKey ? (first.keyId ?? '') : groupKey(first, by),
    name: nameOf(first, by),
    providerId: isKey ? first.providerId : null,
    colour: by === 'model' ? first.colour : null,
    sums,
    tokens: tokensOf(own),
    words,
    thousandWordsNanoUsd:
      words < FEW_WORDS || sums.unknown > 0
        ? null
        : Math.round((sums.knownNanoUsd / words) * 1_000),
    byDayNanoUsd,
  };
}

function costOfAll(own: readonly MadeAttempt[]): CostView {
  const kinds = new Set(own.map(({ costKind }) => costKind));
  if (kinds.has('unknown')) return { nanoUsd: null, kind: 'unknown' };
  const kind = kinds.has('estimated')
    ? 'estimated'
    : kinds.has('reported')
      ? 'reported'
      : 'computed';
  return { nanoUsd: total(own, ({ nanoUsd }) => nanoUsd), kind };
}

function answerOf(own: readonly MadeAttempt[]): SpendAnswer {
  const last = own.at(-1) ?? refuse('internal', 'An answer has attempts.', '');
  return {
    runId: last.runId,
    conversationId: last.conversationId,
    title: last.title,
    question: last.question,
    model: last.modelName,
    providerName: last.providerName,
    origin: last.origin,
    purpose: 'answer',
    comparisonCase: null,
    app: last.app,
    startedAt: own[0]?.at ?? last.at,
    cost: costOfAll(own),
    tokens: tokensOf(own),
    attempts: own.length,
    isStopped: false,
  };
}

function answerOfStop(stop: MadeStop): SpendAnswer {
  const { runId, conversationId, title, question, model, origin, at } = stop;
  return {
    runId,
    conversationId,
    title,
    question,
    model,
    providerName: '',
    origin,
    purpose: 'answer',
    comparisonCase: null,
    startedAt: at,
    cost: { nanoUsd: 0, kind: 'computed' },
    tokens: tokensOf([]),
    attempts: 0,
    app: null,
    isStopped: true,
  };
}

/** Its receipt: nobody was asked, and why. */
function stoppedRun({ runId, providerId, providerName, model }: MadeStop): RunView | undefined {
  const endpoint = { providerId, model };
  const { run } = emptyAnswer(`answer-${runId}`, '', runId, endpoint, null);
  if (!run) return undefined;
  const sentence = 'The budget “Everything, a month” is spent.';
  return {
    ...run,
    failure: { ...failureNamed('over_budget'), side: 'settings', sentence, words: '' },
    skipped: [
      {
        endpoint,
        name: providerName,
        entry: 0,
        reason: 'over_budget',
        because: 'may cost $0.0612, and the budget “Everything, a month” leaves $0.00',
        until: null,
      },
    ],
  };
}

function checkCurrency({ code, perUsd, asOf }: CurrencyView): void {
  if (!/^[A-Z]{3}$/.test(code)) {
    refuse('invalid_input', 'A currency has three letters.', 'Write it like EUR.', 'code');
  }
  if (!/^\d{1,9}(\.\d{1,12})?$/.test(perUsd) || Number(perUsd) === 0) {
    refuse('invalid_input', 'That is no rate.', 'Write it like 0.92.', 'perUsd');
  }
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf)) {
    refuse('invalid_input', 'That is no day.', 'Write it like 2026-11-20.', 'asOf');
  }
}
