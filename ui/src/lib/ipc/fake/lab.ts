/**
 * The latency lab of the fake: times that look like a network's and are the same each time. Figures are
 * worked out as the engine does: medians, intervals by the sign test, differences within a round.
 */

import type {
  CostView,
  EndpointView,
  LabEstimate,
  LabEvent,
  LabExport,
  LabFigure,
  LabRequest,
  LabView,
  ModelView,
} from '../gen/types';
import { refuse } from './refuse';

interface Sample {
  endpoint: number;
  round: number;
  firstToken: number;
  total: number;
  failure: string | null;
}

interface Lab {
  id: string;
  startedAt: number;
  request: LabRequest;
  names: string[];
  prices: (number | null)[];
  samples: Sample[];
  isStopped: boolean;
  isRunning: boolean;
}

interface Surroundings {
  tickMillis: number;
  models: () => readonly ModelView[];
  onChange: () => void;
}

/** What each provider takes until its first token, and the host that it names behind it. */
const PROVIDERS: Record<string, readonly [millis: number, host?: string]> = {
  local: [41],
  google: [622],
  anthropic: [655],
  openrouter: [742, 'Google Vertex'],
  together: [810],
  nanogpt: [801, 'Google AI Studio'],
};
const USUAL_MILLIS = 700;
const PROMPT_TOKENS = 12;
const MILLION = 1_000_000;

export class FakeLabs {
  readonly #labs = new Map<string, Lab>();
  readonly #around: Surroundings;
  #nextId = 1;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  list(): LabView[] {
    return [...this.#labs.values()]
      .filter(({ isRunning, samples }) => isRunning || samples.length > 0)
      .map(viewOf)
      .sort((left, right) => right.startedAt - left.startedAt);
  }

  estimate(request: LabRequest): LabEstimate {
    check(request);
    const nanoUsd = request.endpoints.map((endpoint) => {
      const price = this.#price(endpoint, request.maxTokens);
      return price === null ? null : price * request.rounds;
    });
    return {
      nanoUsd,
      totalNanoUsd: sum(nanoUsd),
      requests: request.endpoints.length * request.rounds,
    };
  }

  start(request: LabRequest, listener: (event: LabEvent) => void): LabView {
    check(request);
    const lab = this.#begin(request, Date.now());
    this.#play(lab, listener);
    return viewOf(lab);
  }

  stop(id: string): void {
    const lab = this.#labs.get(id);
    if (lab?.isRunning) lab.isStopped = true;
  }

  delete(id: string): void {
    this.stop(id);
    this.#labs.delete(id);
    this.#around.onChange();
  }

  export({ id, format }: LabExport): string {
    const lab = this.#labs.get(id) ?? refuse('not_found', 'The measurement is gone.', '');
    const view = viewOf(lab);
    if (format === 'json') return JSON.stringify(lab, null, 2);
    if (format === 'csv') {
      const lines = lab.samples.map(({ endpoint, round, firstToken, total }) =>
        [round, request(lab, endpoint).providerId, firstToken, total].join(','),
      );
      return ['round,provider,first_token_ms,total_ms', ...lines].join('\n');
    }
    const lines = view.rows.map(
      ({ name, firstToken }) => `| ${name} | ${firstToken?.median.toFixed(0) ?? '-'} |`,
    );
    return ['| Way in | First token, ms |', '| --- | ---: |', ...lines, ''].join('\n');
  }

  /** A measurement of an earlier day, or one that was begun before the window was there. */
  seed(wanted: LabRequest, startedAt: number, done: number, isRunning = false): void {
    const lab = this.#begin(wanted, startedAt);
    while (lab.samples.length < done) this.#ask(lab);
    lab.isRunning = isRunning;
    lab.isStopped = !isRunning && done < totalOf(wanted);
    if (isRunning) this.#play(lab, () => undefined);
  }

  #begin(wanted: LabRequest, startedAt: number): Lab {
    const names = wanted.endpoints.map((endpoint) => this.#find(endpoint).providerName);
    const prices = wanted.endpoints.map((endpoint) => this.#price(endpoint, wanted.maxTokens));
    const id = `lab-${this.#nextId}`;
    this.#nextId += 1;
    const lab: Lab = {
      id,
      startedAt,
      request: structuredClone(wanted),
      names,
      prices,
      samples: [],
      isStopped: false,
      isRunning: true,
    };
    this.#labs.set(id, lab);
    return lab;
  }

  #play(lab: Lab, listener: (event: LabEvent) => void): void {
    setTimeout(() => {
      if (!lab.isStopped) this.#ask(lab);
      lab.isRunning = !lab.isStopped && lab.samples.length < totalOf(lab.request);
      listener({ kind: 'progress', lab: viewOf(lab) });
      if (lab.isRunning) this.#play(lab, listener);
      else this.#around.onChange();
    }, this.#around.tickMillis);
  }

  #ask(lab: Lab): void {
    const ways = lab.request.endpoints.length;
    const number = lab.samples.length;
    const round = Math.floor(number / ways);
    const endpoint = (number + round) % ways;
    const { providerId, model } = request(lab, endpoint);
    const [base = USUAL_MILLIS] = PROVIDERS[providerId] ?? [];
    const noise = ((number * 7919 + base * 13) % 97) / 97;
    const network = ((round * 31) % 17) - 8;
    const firstToken = Math.round(base * (0.94 + noise * 0.13)) + network;
    const isFailure = model.startsWith('fail-') || (providerId === 'together' && round % 7 === 3);
    lab.samples.push({
      endpoint,
      round,
      firstToken,
      total: firstToken + 90 + Math.round(noise * 40),
      failure: isFailure ? `${lab.names[endpoint] ?? ''} asks for a pause.` : null,
    });
  }

  #find({ providerId, model }: EndpointView): ModelView {
    return (
      this.#around
        .models()
        .find(({ endpoint }) => endpoint.providerId === providerId && endpoint.model === model) ??
      refuse('not_found', 'That model is not there any more.', 'Choose another one.', 'endpoints')
    );
  }

  /** Of one request, in nano-dollars. */
  #price(endpoint: EndpointView, maxTokens: number): number | null {
    const { price, isLocal } = this.#find(endpoint);
    if (isLocal) return 0;
    if (price === null || price.input === null || price.output === null) return null;
    return Math.round((price.input * PROMPT_TOKENS + price.output * maxTokens) / MILLION);
  }
}

function check({ endpoints, rounds, prompt, maxTokens, baseline }: LabRequest): void {
  const isWhole = (value: number, most: number) =>
    Number.isInteger(value) && value >= 1 && value <= most;
  if (!isWhole(endpoints.length, 12)) {
    refuse('invalid_input', 'A measurement has 1 to 12 ways in.', 'Choose some.', 'endpoints');
  }
  if (!isWhole(rounds, 200)) {
    refuse('invalid_input', 'There are 1 to 200 rounds.', 'Twenty are useful.', 'rounds');
  }
  if (prompt.trim() === '') {
    refuse('invalid_input', 'The prompt is empty.', 'A few words are best.', 'prompt');
  }
  if (!isWhole(maxTokens, 1_000)) {
    const message = 'The longest answer has 1 to 1,000 tokens.';
    refuse('invalid_input', message, 'Sixteen are enough.', 'maxTokens');
  }
  if (baseline !== null && baseline >= endpoints.length) {
    refuse('invalid_input', 'The baseline is no way in.', 'Choose one of them.', 'baseline');
  }
}

function viewOf(lab: Lab): LabView {
  const rows = lab.request.endpoints.map((endpoint, index) => {
    const own = lab.samples.filter((sample) => sample.endpoint === index);
    const answers = own.filter(({ failure }) => failure === null);
    const host = PROVIDERS[endpoint.providerId]?.[1];
    const price = lab.prices[index] ?? null;
    const name = lab.names[index] ?? '';
    return {
      endpoint,
      name: `${host && answers.length > 0 ? `${name} → ${host}` : name}, ${endpoint.model}`,
      answered: answers.length,
      failed: own.length - answers.length,
      failure: own.findLast(({ failure }) => failure !== null)?.failure ?? null,
      firstToken: figure(answers.map(({ firstToken }) => firstToken)),
      total: figure(answers.map(({ total }) => total)),
      addedFirstToken: added(lab, index, ({ firstToken }) => firstToken),
      addedTotal: added(lab, index, ({ total }) => total),
      cost: costOf(price === null && answers.length > 0 ? null : (price ?? 0) * answers.length),
    };
  });
  return {
    id: lab.id,
    startedAt: lab.startedAt,
    request: lab.request,
    done: lab.samples.length,
    total: totalOf(lab.request),
    isStopped: lab.isStopped,
    isRunning: lab.isRunning,
    rows,
    cost: costOf(sum(rows.map(({ cost }) => cost.nanoUsd))),
  };
}

/** The median, and between which of the sorted samples it lies with 95 % certainty. */
function figure(samples: readonly number[]): LabFigure | null {
  const sorted = samples.toSorted((left, right) => left - right);
  const count = sorted.length;
  if (count === 0) return null;
  const at = (index: number) => sorted[index] ?? 0;
  const median = (at(Math.floor((count - 1) / 2)) + at(Math.floor(count / 2))) / 2;
  let inside = 0;
  let chance = 0.5 ** count;
  for (let tail = chance; 2 * tail <= 0.05 && inside < count / 2; tail += chance) {
    inside += 1;
    chance *= (count - inside + 1) / inside;
  }
  const hasInterval = inside > 0;
  return {
    median,
    low: hasInterval ? at(inside - 1) : null,
    high: hasInterval ? at(count - inside) : null,
    samples: count,
  };
}

function added(lab: Lab, index: number, of: (sample: Sample) => number): LabFigure | null {
  const { baseline } = lab.request;
  if (baseline === null || baseline === index) return null;
  const answers = lab.samples.filter(({ failure }) => failure === null);
  const differences = answers.flatMap((sample) => {
    if (sample.endpoint !== index) return [];
    const other = answers.find(
      ({ endpoint, round }) => endpoint === baseline && round === sample.round,
    );
    return other ? [of(sample) - of(other)] : [];
  });
  return figure(differences);
}

function request({ request: { endpoints } }: Lab, index: number): EndpointView {
  return endpoints[index] ?? refuse('internal', 'No such way in.', '');
}

function totalOf({ endpoints, rounds }: LabRequest): number {
  return endpoints.length * rounds;
}

function costOf(nanoUsd: number | null): CostView {
  return { nanoUsd, kind: nanoUsd === null ? 'unknown' : 'computed' };
}

function sum(amounts: readonly (number | null)[]): number | null {
  return amounts.reduce((all, one) => (all === null || one === null ? null : all + one), 0);
}

const HOUR = 3_600_000;
const way = (providerId: string, model: string): EndpointView => ({ providerId, model });

/** The table that reviewers print, one that was stopped too early, and one that goes on if it shall. */
export function seedLabs(labs: FakeLabs, now: number, isRunning: boolean): void {
  const common = { baseline: 0, rounds: 20, prompt: 'Say hello.', maxTokens: 16 };
  const reviewers = {
    ...common,
    endpoints: [
      way('google', 'gemini-flash'),
      way('openrouter', 'google/gemini-flash'),
      way('nanogpt', 'google/gemini-flash'),
    ],
  };
  const mixed = {
    ...common,
    baseline: null,
    endpoints: [
      way('together', 'gpt-oss-120b'),
      way('groq', 'gpt-oss-120b'),
      way('local', 'smollm2-135m-instruct'),
    ],
  };
  labs.seed(mixed, now - 30 * HOUR, 15);
  labs.seed(reviewers, now - 2 * HOUR, 60);
  if (isRunning) labs.seed({ ...reviewers, rounds: 200 }, now - 60_000, 40, true);
}
