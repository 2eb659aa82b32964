/**
 * The view of spend: which days and which split are looked at, and what Rust says about them. What was
 * shown stays on screen until the new answer is there; one that was overtaken is dropped.
 */

import { isoDay } from '../format';
import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type {
  CurrencyView,
  IpcError,
  SavedFile,
  SpendAnswer,
  SpendChart,
  SpendOverview,
  SpendQuery,
} from '../ipc/gen/types';
import { isDay, plusDays, spanOf, spanWords, type Span, type SpanName } from './spend-span';

export type SpendTab = 'overview' | 'prices' | 'budgets' | 'proof';

/** How the bars are split, in the words of the contract. */
export const SPLITS = [
  'provider',
  'model',
  'origin',
  'app',
  'conversation',
  'key',
  'purpose',
  'cost_kind',
] as const;
export type Split = (typeof SPLITS)[number];

export type AnswerOrder = 'dearest' | 'newest';

/** Answers at once in the sheet, and in the short list. */
const PAGE = 50;
const DEAREST = 10;

/** The longest span that Rust draws. */
const MOST_DAYS = 3_660;

/** The answers behind a bar or a group. */
export interface OpenedAnswers {
  title: string;
  /** The days, where the title does not say them. */
  days: string | null;
  query: SpendQuery;
  /** Only what a budget stopped: it has no dearest, and stands in the order of time. */
  onlyStopped: boolean;
  order: AnswerOrder;
  answers: readonly SpendAnswer[];
  hasMore: boolean;
  isReading: boolean;
  error: IpcError | null;
}

/** What is drawn, read together so that its parts are of the same days. */
interface Shown {
  query: SpendQuery;
  overview: SpendOverview;
  dearest: readonly SpendAnswer[];
}

export const EVERYTHING: Omit<SpendQuery, 'from' | 'to'> = {
  providerId: null,
  modelKey: null,
  origin: null,
  purpose: null,
  app: null,
  conversationId: null,
  keyId: null,
  costKind: null,
};

/** A guess for the first question alone: what day it is says Rust. */
function guessToday(): string {
  return isoDay(new Date());
}

export class Spend {
  tab: SpendTab = $state('overview');
  spanName: SpanName = $state('30_days');
  split: Split = $state('provider');
  /** The bars as a table. */
  isTable: boolean = $state(false);
  shown: Shown | null = $state.raw(null);
  /** `null` until the bars of this split were read once. */
  chart: SpendChart | null = $state.raw(null);
  /** How `chart` is split, which lags behind `split` while that is being read. */
  chartSplit: Split = $state('provider');
  error: IpcError | null = $state.raw(null);
  isReading: boolean = $state(false);
  currency: CurrencyView | null = $state.raw(null);
  opened: OpenedAnswers | null = $state.raw(null);
  /** The dates as a person types them, which need not be any. */
  typed: Span = $state.raw({ from: '', to: '' });
  /** The last of them that could be asked for. */
  #own: Span = $state.raw({ from: '', to: '' });
  #today: string = $state(guessToday());
  #firstDay: string | null = $state(null);
  #asked = 0;
  #chartAsked = 0;
  /** Bars that are being read, or were, before anybody chose them. */
  #expected: { split: Split; asked: number; chart: Promise<SpendChart> } | null = null;

  readonly overview: SpendOverview | null = $derived(this.shown?.overview ?? null);
  readonly dearest: readonly SpendAnswer[] = $derived(this.shown?.dearest ?? []);
  readonly span: Span = $derived(
    this.spanName === 'own' ? this.#own : spanOf(this.spanName, this.#today, this.#firstDay),
  );
  /** The days that are looked at, and nothing else about them. */
  readonly query: SpendQuery = $derived({ ...EVERYTHING, ...this.span });

  constructor(readonly backend: Backend) {}

  /** Today, as Rust says it. */
  get today(): string {
    return this.#today;
  }

  /** What is wrong with the dates that were typed; `null` where they can be asked for. */
  get spanProblem(): string | null {
    if (this.spanName !== 'own') return null;
    const { from, to } = this.typed;
    if (!isDay(from) || !isDay(to)) return 'Two dates are needed.';
    if (from > to) return 'The first day is after the last.';
    if (to > this.#today) return 'The last day is not here yet.';
    return plusDays(from, MOST_DAYS) <= to ? 'Ten years are shown at most.' : null;
  }

  choose(name: SpanName): Promise<void> {
    // One's own dates begin as those that were on screen.
    if (name === 'own') {
      this.#own = this.span;
      this.typed = this.span;
    }
    this.spanName = name;
    return this.refresh();
  }

  async chooseOwn(change: Partial<Span>): Promise<void> {
    this.typed = { ...this.typed, ...change };
    if (this.spanProblem !== null) return;
    this.#own = this.typed;
    await this.refresh();
  }

  /** Only the bars are other ones then: the sums and the dearest answers are of the same days. */
  async splitBy(split: Split): Promise<void> {
    this.split = split;
    this.#chartAsked += 1;
    const asked = this.#chartAsked;
    try {
      const chart = await this.#readChart(split);
      if (asked !== this.#chartAsked) return;
      this.#draw(chart, split);
      this.error = null;
    } catch (thrown) {
      if (asked === this.#chartAsked) this.error = toIpcError(thrown);
    }
  }

  /** Begins to read the bars that will likely be wanted next, so that a press finds them there. */
  expectSplit(split: Split): void {
    if (this.#expected?.split === split && this.#expected.asked === this.#asked) return;
    const chart = this.backend.call('spend_chart', { query: this.query, by: split });
    this.#expected = { split, asked: this.#asked, chart };
    // Nobody waits for it yet; whoever chooses it reads it again.
    chart.catch(() => {
      if (this.#expected?.chart === chart) this.#expected = null;
    });
  }

  #readChart(split: Split): Promise<SpendChart> {
    const expected = this.#expected;
    this.#expected = null;
    // Each settled answer has everything read anew, and so has each choice of days.
    if (expected?.split === split && expected.asked === this.#asked) return expected.chart;
    return this.backend.call('spend_chart', { query: this.query, by: split });
  }

  #draw(chart: SpendChart, split: Split): void {
    this.chart = chart;
    this.chartSplit = split;
  }

  async refresh(): Promise<void> {
    this.#asked += 1;
    this.#chartAsked += 1;
    const asked = this.#asked;
    const chartAsked = this.#chartAsked;
    const { query, split } = this;
    this.isReading = true;
    try {
      const [overview, chart, { answers }] = await Promise.all([
        this.backend.call('spend_overview', query),
        this.backend.call('spend_chart', { query, by: split }),
        this.backend.call('spend_answers', {
          query,
          onlyStopped: false,
          order: 'dearest',
          offset: 0,
          limit: DEAREST,
        }),
      ]);
      if (asked !== this.#asked) return;
      this.#today = overview.todayDate;
      this.#firstDay = overview.firstDay;
      const { from, to } = this.query;
      // Midnight has passed, or what was asked was a guess.
      if (from !== query.from || to !== query.to) {
        await this.refresh();
        return;
      }
      this.shown = { query, overview, dearest: answers };
      if (chartAsked === this.#chartAsked) this.#draw(chart, split);
      this.error = null;
    } catch (thrown) {
      if (asked === this.#asked) this.error = toIpcError(thrown);
    } finally {
      if (asked === this.#asked) this.isReading = false;
    }
  }

  async readCurrency(): Promise<void> {
    const { currency } = await this.backend.call('currency_get', null);
    this.currency = currency;
  }

  /** `null` for dollars alone. Rejects where Rust does not take it. */
  async setCurrency(currency: CurrencyView | null): Promise<void> {
    await this.backend.call('currency_set', { currency });
    this.currency = currency;
  }

  /** Opens the answers of the days on screen that fit; `title` says which those are. */
  openAnswers(query: Partial<SpendQuery>, title: string): void {
    this.#open(query, title, false);
  }

  /** Opens the questions of the days on screen that a budget stopped. */
  openStopped(): void {
    this.#open({}, 'stopped by a budget', true);
  }

  #open(query: Partial<SpendQuery>, title: string, onlyStopped: boolean): void {
    this.opened = {
      title,
      days: query.from === undefined ? spanWords(this.span) : null,
      query: { ...this.query, ...query },
      onlyStopped,
      order: onlyStopped ? 'newest' : 'dearest',
      answers: [],
      hasMore: false,
      isReading: false,
      error: null,
    };
    void this.#readAnswers();
  }

  orderAnswers(order: AnswerOrder): void {
    if (!this.opened || this.opened.order === order) return;
    this.opened = { ...this.opened, order, answers: [], hasMore: false };
    void this.#readAnswers();
  }

  async moreAnswers(): Promise<void> {
    if (this.opened && !this.opened.isReading) await this.#readAnswers();
  }

  closeAnswers(): void {
    this.opened = null;
  }

  async export(query: SpendQuery, what: string, format: string): Promise<SavedFile> {
    return this.backend.call('spend_export', { query, what, format });
  }

  /** Whatever was opened since, or ordered otherwise, wants another page. */
  async #readAnswers(): Promise<void> {
    const before = this.opened;
    if (!before) return;
    const { query, onlyStopped, order, answers } = before;
    const isSame = () => this.opened?.query === query && this.opened.order === order;
    const change = (more: Partial<OpenedAnswers>) => {
      if (this.opened && isSame()) this.opened = { ...this.opened, isReading: false, ...more };
    };
    change({ isReading: true });
    try {
      const page = await this.backend.call('spend_answers', {
        query,
        onlyStopped,
        order,
        offset: answers.length,
        limit: PAGE,
      });
      change({ answers: [...answers, ...page.answers], hasMore: page.hasMore, error: null });
    } catch (thrown) {
      change({ error: toIpcError(thrown) });
    }
  }
}
