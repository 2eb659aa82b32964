/** How the fake's ways in fare: one of each state that there is, for those who ask for it. */

import type { EndpointHealthView, EndpointView, HealthView } from '../gen/types';

const keyOf = ({ providerId, model }: EndpointView) => `${providerId} ${model}`;

export const NEVER_ASKED: HealthView = {
  circuit: 'closed',
  pausedUntil: null,
  pausedBecause: null,
  samples: 0,
  firstTokenP50: null,
  firstTokenP95: null,
  tokensPerSecond: null,
  failedShare: null,
  latestAt: null,
  allowances: [],
};

function measured(samples: number, p50: number, failedShare: number, now: number): HealthView {
  return {
    ...NEVER_ASKED,
    samples,
    firstTokenP50: p50,
    firstTokenP95: Math.round(p50 * 2.4),
    tokensPerSecond: 91,
    failedShare,
    latestAt: now - 240_000,
  };
}

/** The ways in to the model of the design's picture. */
export function healthSamples(now: number): EndpointHealthView[] {
  const sonnet = 'anthropic/claude-sonnet-4.6';
  return [
    {
      endpoint: { providerId: 'anthropic', model: 'claude-sonnet-4.6' },
      health: {
        ...measured(64, 655, 0.008, now),
        circuit: 'open',
        pausedUntil: now + 18_000,
        pausedBecause: 'Paused after it had no capacity: overloaded_error: Overloaded',
        allowances: [
          { label: 'requests', limit: 4_000, remaining: 3_982, resetsAt: now + 41_000, asOf: now },
          {
            label: 'input tokens',
            limit: 2_000_000,
            remaining: 310_000,
            resetsAt: now + 9_000,
            asOf: now,
          },
        ],
      },
    },
    {
      endpoint: { providerId: 'openrouter', model: sonnet },
      health: measured(41, 752, 0.003, now),
    },
    {
      endpoint: { providerId: 'nanogpt', model: sonnet },
      health: { ...measured(7, 810, 0.019, now), circuit: 'probing' },
    },
    {
      endpoint: { providerId: 'deepseek', model: 'deepseek-chat' },
      health: measured(22, 480, 0.01, now),
    },
  ];
}

export class FakeHealth {
  readonly #health: Map<string, EndpointHealthView>;

  constructor(
    samples: readonly EndpointHealthView[],
    private readonly changed: () => void,
  ) {
    this.#health = new Map(samples.map((sample) => [keyOf(sample.endpoint), sample]));
  }

  list(): EndpointHealthView[] {
    return [...this.#health].map(([key, { endpoint }]) => ({ endpoint, health: this.#now(key) }));
  }

  of(endpoint: EndpointView): HealthView {
    return this.#now(keyOf(endpoint));
  }

  reset(endpoint: EndpointView): void {
    const key = keyOf(endpoint);
    const before = this.#health.get(key);
    if (!before) return;
    const health = { ...before.health, circuit: 'closed', pausedUntil: null, pausedBecause: null };
    this.#health.set(key, { ...before, health });
    this.changed();
  }

  /** Answered in so many milliseconds; the share of failures stays below one in ten. */
  answered(endpoint: EndpointView, firstToken: number): void {
    const key = keyOf(endpoint);
    const before = this.#health.get(key)?.health ?? NEVER_ASKED;
    const samples = Math.min(before.samples + 1, 64);
    const health = {
      ...measured(samples, before.firstTokenP50 ?? firstToken, before.failedShare ?? 0, Date.now()),
      latestAt: Date.now(),
    };
    this.#health.set(key, { endpoint, health });
    this.changed();
  }

  /** A pause that is over is a probe that has not been made. */
  #now(key: string): HealthView {
    const health = this.#health.get(key)?.health ?? NEVER_ASKED;
    if (health.pausedUntil === null || health.pausedUntil > Date.now()) return health;
    return { ...health, circuit: 'probing', pausedUntil: null, pausedBecause: null };
  }
}
