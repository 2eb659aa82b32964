/** What a fake route would do with a text: who is asked in which order, who is left out, and why. */

import type {
  HealthView,
  ModelView,
  PlanStepView,
  PlanView,
  RequirementsView,
  RouteEntryView,
  RouteView,
  SkippedView,
  TargetView,
} from '../gen/types';
import { amountOf, usualRoute } from './routes';

const MILLION = 1_000_000;
/** Tokens of an answer of usual length. */
const USUAL_ANSWER = 500;

export interface PlanFacts {
  models: readonly ModelView[];
  healthOf: (model: ModelView) => HealthView;
}

/** A plain model or way in is a route of one entry. */
export function routeOf(target: TargetView): RouteView | null {
  switch (target.kind) {
    case 'route':
      return null;
    case 'model':
      return { ...usualRoute(target.key, [target]), policy: 'balanced' };
    case 'endpoint':
      return { ...usualRoute(target.endpoint.model, [target]), localWhenOffline: false };
  }
}

export function planFor(route: RouteView, text: string, facts: PlanFacts): PlanView {
  const inputTokens = 8 + Math.ceil(text.length / 4);
  const steps: PlanStepView[] = [];
  const skipped: SkippedView[] = [];
  for (const [entry, wanted] of route.entries.entries()) {
    const ways = waysOf(wanted, facts.models);
    if (ways.length === 0) {
      const name = wanted.kind === 'model' ? wanted.key : wanted.endpoint.model;
      const endpoint = wanted.kind === 'model' ? null : wanted.endpoint;
      const because = 'no provider lists it';
      skipped.push({ endpoint, name, entry, reason: 'not_listed', because, until: null });
    }
    for (const way of ways) {
      const why = reasonAgainst(way, route.requirements, inputTokens, facts.healthOf(way));
      const { endpoint, providerName: name } = way;
      if (why) skipped.push({ endpoint, name, entry, ...why });
      else steps.push(stepOf(way, entry, inputTokens, route, facts.healthOf(way)));
    }
  }
  const ordered = inOrder(steps, route);
  const local = facts.models.find(({ endpoint }) => endpoint.providerId === 'local');
  const hasLocal = ordered.some(({ endpoint }) => endpoint.providerId === 'local');
  if (route.localWhenOffline && local?.unavailableBecause === null && !hasLocal) {
    const step = stepOf(local, null, inputTokens, route, facts.healthOf(local));
    const because = 'only when the network is gone';
    ordered.push({ ...step, placed: 'last_resort', because });
  }
  return { steps: ordered, skipped, inputTokens };
}

function waysOf(entry: RouteEntryView, models: readonly ModelView[]): ModelView[] {
  if (entry.kind === 'model') return models.filter(({ key }) => key === entry.key);
  const { providerId, model } = entry.endpoint;
  return models.filter(
    ({ endpoint }) => endpoint.providerId === providerId && endpoint.model === model,
  );
}

type Reason = Pick<SkippedView, 'reason' | 'because' | 'until'>;

function reasonAgainst(
  way: ModelView,
  requirements: RequirementsView,
  inputTokens: number,
  health: HealthView,
): Reason | null {
  const no = (reason: string, because: string, until: number | null = null): Reason => ({
    reason,
    because,
    until,
  });
  if (way.unavailableBecause !== null) {
    return way.unavailableBecause.includes('no key')
      ? no('no_key', 'no key')
      : no('unavailable', way.unavailableBecause.replace(/\.$/, ''));
  }
  if (health.pausedUntil !== null) {
    const time = new Date(health.pausedUntil).toLocaleTimeString('en-GB');
    return no('circuit_open', `paused until ${time} after it had no capacity`, health.pausedUntil);
  }
  if (requirements.excluded.includes(way.endpoint.providerId)) {
    return no('excluded', 'you left its provider out');
  }
  if (requirements.localOnly && !way.isLocal) {
    return no('not_local', 'does not run on this computer');
  }
  const isDirect = way.isLocal || (way.maker !== null && way.providerName.startsWith(way.maker));
  if (requirements.directOnly && !isDirect) {
    return no('not_direct', 'is not its maker’s own service');
  }
  if (requirements.noTraining && way.endpoint.providerId === 'deepseek') {
    return no('may_train', 'declares that it may train with the text');
  }
  if (requirements.noKeeping && way.endpoint.providerId === 'openai') {
    return no('keeps', 'declares that it keeps the text for 30 days');
  }
  if (requirements.images && !way.reads.includes('image')) {
    return no('no_images', 'takes no pictures');
  }
  if (requirements.tools && way.hasTools !== true) return no('no_tools', 'calls no tools');
  if (requirements.reasoning && way.hasReasoning !== true) {
    return no('no_reasoning', 'does not think before it answers');
  }
  if (requirements.jsonSchema && way.hasJsonSchema !== true) {
    return no('no_json_schema', 'keeps to no JSON schema');
  }
  if (requirements.openWeights && way.hasOpenWeights !== true) {
    return no('not_open_weights', 'its weights are not open');
  }
  const context = way.contextLength;
  if (requirements.contextFits && context !== null && inputTokens + USUAL_ANSWER > context) {
    const needed = inputTokens + USUAL_ANSWER;
    return no('context_too_small', `about ${needed} tokens do not fit into ${context}`);
  }
  const ceiling = amountOf(requirements.answerCeiling, 'answerCeiling');
  const likely = costOf(way, inputTokens, USUAL_ANSWER);
  if (ceiling !== null && likely === null) {
    return no('price_unknown', 'its price is not known, so the ceiling cannot be kept');
  }
  if (ceiling !== null && (likely ?? 0) > ceiling) {
    const words = `costs about $${(likely ?? 0) / 1e9}, more than $${ceiling / 1e9} an answer`;
    return no('above_ceiling', words);
  }
  const rate = way.price?.output ?? null;
  const most = amountOf(requirements.outputCeiling, 'outputCeiling');
  if (most !== null && rate !== null && rate > most) {
    const words = `$${rate / 1e9} a million answer tokens, more than $${most / 1e9}`;
    return no('rate_above_ceiling', words);
  }
  return null;
}

function costOf({ price }: ModelView, input: number, output: number): number | null {
  if (price?.isFree) return 0;
  if (!price || price.input === null || price.output === null) return null;
  return Math.round((price.input * input + price.output * output) / MILLION);
}

function stepOf(
  way: ModelView,
  entry: number | null,
  inputTokens: number,
  route: RouteView,
  health: HealthView,
): PlanStepView {
  return {
    endpoint: way.endpoint,
    providerName: way.providerName,
    modelKey: way.key,
    entry,
    placed: 'as_listed',
    because: 'as listed',
    likelyNanoUsd: costOf(way, inputTokens, USUAL_ANSWER),
    worstNanoUsd: costOf(way, inputTokens, way.maxOutput ?? 4_096),
    keys: way.isLocal ? 0 : 1,
    contextLength: way.contextLength,
    takesPrefill: way.endpoint.providerId === 'anthropic',
    hedgeAfterMillis: route.isHedged ? Math.min(route.limits.firstTokenMillis / 2, 5_000) : null,
    health,
  };
}

function inOrder(steps: readonly PlanStepView[], { policy }: RouteView): PlanStepView[] {
  const last = Number.MAX_SAFE_INTEGER;
  switch (policy) {
    case 'as_listed':
      return [...steps];
    case 'cheapest':
      return steps
        .map((step) =>
          step.likelyNanoUsd === null
            ? { ...step, placed: 'price_unknown', because: 'its price is not known' }
            : { ...step, placed: 'cheapest', because: 'by its price for this text' },
        )
        .sort((left, right) => (left.likelyNanoUsd ?? last) - (right.likelyNanoUsd ?? last));
    case 'fastest':
      return steps
        .map((step) => {
          const { firstTokenP50, samples } = step.health;
          return firstTokenP50 === null
            ? { ...step, placed: 'not_measured', because: 'not measured here yet' }
            : {
                ...step,
                placed: 'fastest',
                because: `by its first token here, ${samples} samples`,
              };
        })
        .sort(
          (left, right) =>
            (left.health.firstTokenP50 ?? last) - (right.health.firstTokenP50 ?? last),
        );
    case 'balanced':
      return steps
        .map((step) => ({
          ...step,
          placed: 'balanced',
          because: 'price, speed and failures together',
        }))
        .sort((left, right) => weight(left) - weight(right));
    case 'my_best':
      // Nobody voted in the fake.
      return steps.map((step) => ({
        ...step,
        placed: 'too_few_votes',
        because: 'not enough of your votes yet',
      }));
  }
}

function weight({ likelyNanoUsd, health }: PlanStepView): number {
  return (likelyNanoUsd ?? 1e8) / 1e6 + (health.firstTokenP50 ?? 1_500) / 100;
}
