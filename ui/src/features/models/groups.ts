/** Ways in that reach the same model as one entry of the list, in the order in which they are offered. */

import type { ModelView, PriceView, TargetView } from '../../lib/ipc/gen/types';
import type { ModelSort } from '../../lib/state/models.svelte';
import { endpointTarget } from '../../lib/state/targets';

export interface ModelGroup {
  key: string;
  name: string;
  maker: string | null;
  /** The cable of the model, where one of its ways in was used. */
  colour: number | null;
  isStarred: boolean;
  isChat: boolean;
  isLocal: boolean;
  isNew: boolean;
  lastUsedAt: number | null;
  releasedAt: number | null;
  /** The largest that one of them offers. */
  contextLength: number | null;
  /** Cheapest first; those whose price nobody knows at the end. At least one. */
  ways: readonly ModelView[];
  /** How many there are in all, also where the search leaves only some of them. */
  wayCount: number;
}

const WEEK = 7 * 86_400_000;

/** What a way in asks for the prompt, in nano-dollars for a million tokens; `null` where unknown. */
export function inputPrice(price: PriceView | null): number | null {
  if (!price) return null;
  return price.input ?? (price.isFree ? 0 : null);
}

export function outputPrice(price: PriceView | null): number | null {
  if (!price) return null;
  return price.output ?? (price.isFree ? 0 : null);
}

/** Cheapest first by the prompt, then by the answer; what is unknown comes last. */
export function comparePrice(left: PriceView | null, right: PriceView | null): number {
  return (
    compareKnown(inputPrice(left), inputPrice(right)) ||
    compareKnown(outputPrice(left), outputPrice(right))
  );
}

export function compareKnown(left: number | null, right: number | null): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return left - right;
}

/**
 * It appeared on a list within the last week, or came out within it. What stood on a provider's first
 * list is not news.
 */
export function isNewWay({ firstSeenAt, releasedAt }: ModelView, now: number): boolean {
  if (firstSeenAt === null) return false;
  return now - firstSeenAt < WEEK || (releasedAt !== null && now - releasedAt < WEEK);
}

const grouped = new WeakMap<readonly ModelView[], ModelGroup[]>();

/** The entries of this list, worked out once: the list and the picker both show them. */
export function groupsOf(models: readonly ModelView[]): ModelGroup[] {
  const before = grouped.get(models);
  if (before) return before;
  const made = groupModels(models, Date.now());
  grouped.set(models, made);
  return made;
}

/** One entry for each `key`, in the order of the list. */
export function groupModels(models: readonly ModelView[], now: number): ModelGroup[] {
  const byKey = new Map<string, ModelView[]>();
  for (const model of models) {
    const ways = byKey.get(model.key);
    if (ways) ways.push(model);
    else byKey.set(model.key, [model]);
  }
  return [...byKey.values()].map((ways) => groupOf(ways, now));
}

function groupOf(ways: ModelView[], now: number): ModelGroup {
  ways.sort(
    (left, right) =>
      comparePrice(left.price, right.price) || Number(right.isLocal) - Number(left.isLocal),
  );
  const first = ways[0] as ModelView;
  return {
    key: first.key,
    // Providers spell names differently; that of the cheapest way in is as good as any.
    name: first.name,
    maker: firstKnown(ways, ({ maker }) => maker),
    colour: firstKnown(ways, ({ colour }) => colour),
    isStarred: first.isStarred,
    isChat: ways.some(({ isChat }) => isChat),
    isLocal: ways.some(({ isLocal }) => isLocal),
    isNew: ways.some((way) => isNewWay(way, now)),
    lastUsedAt: greatest(ways, ({ lastUsedAt }) => lastUsedAt),
    releasedAt: firstKnown(ways, ({ releasedAt }) => releasedAt),
    contextLength: greatest(ways, ({ contextLength }) => contextLength),
    ways,
    wayCount: ways.length,
  };
}

function firstKnown<Value>(
  ways: readonly ModelView[],
  of: (way: ModelView) => Value | null,
): Value | null {
  for (const way of ways) {
    const value = of(way);
    if (value !== null) return value;
  }
  return null;
}

function greatest(
  ways: readonly ModelView[],
  of: (way: ModelView) => number | null,
): number | null {
  let most: number | null = null;
  for (const way of ways) {
    const value = of(way);
    if (value !== null && (most === null || value > most)) most = value;
  }
  return most;
}

/**
 * The way in that is taken where nobody chose one: the one that was used last, else the cheapest that can
 * be asked and has a known price, else the first that can be asked, else the first.
 */
export function defaultWay({ ways }: Pick<ModelGroup, 'ways'>): ModelView {
  let lastUsed: ModelView | undefined;
  let cheapest: ModelView | undefined;
  let available: ModelView | undefined;
  for (const way of ways) {
    if (way.unavailableBecause !== null) continue;
    available ??= way;
    if (inputPrice(way.price) !== null) cheapest ??= way;
    if (way.lastUsedAt !== null && way.lastUsedAt > (lastUsed?.lastUsedAt ?? -1)) lastUsed = way;
  }
  return lastUsed ?? cheapest ?? available ?? (ways[0] as ModelView);
}

/**
 * What asking the model means: any of its ways in, where there are several and the search leaves them all.
 */
export function targetOf(group: Pick<ModelGroup, 'key' | 'ways' | 'wayCount'>): TargetView {
  const { key, ways, wayCount } = group;
  if (wayCount < 2 || ways.length < wayCount) return endpointTarget(defaultWay(group).endpoint);
  return { kind: 'model', key };
}

/** The model that Patchbay runs itself, as opposed to one of another server on this computer. */
export function isBuiltIn({ endpoint }: Pick<ModelView, 'endpoint'>): boolean {
  return endpoint.providerId === 'local';
}

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export function sortGroups(groups: readonly ModelGroup[], sort: ModelSort): ModelGroup[] {
  const descending = (of: (group: ModelGroup) => number | null) => {
    const negative = (group: ModelGroup) => {
      const value = of(group);
      return value === null ? null : -value;
    };
    return (left: ModelGroup, right: ModelGroup) => compareKnown(negative(left), negative(right));
  };
  const compare: Record<ModelSort, (left: ModelGroup, right: ModelGroup) => number> = {
    recommended: (left, right) =>
      Number(right.isStarred) - Number(left.isStarred) ||
      compareKnown(
        left.lastUsedAt === null ? null : -left.lastUsedAt,
        right.lastUsedAt === null ? null : -right.lastUsedAt,
      ),
    price: (left, right) => comparePrice(priceOf(left), priceOf(right)),
    context: descending(({ contextLength }) => contextLength),
    newest: descending(({ releasedAt }) => releasedAt),
  };
  const first = compare[sort];
  return [...groups].sort(
    (left, right) => first(left, right) || byName.compare(left.name, right.name),
  );
}

/** The price of the cheapest way in. */
export function priceOf({ ways }: Pick<ModelGroup, 'ways'>): PriceView | null {
  return ways[0]?.price ?? null;
}
