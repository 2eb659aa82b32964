/**
 * What a cell's run does: the script of a chat, with words and figures that differ from model to model,
 * so that columns can be told apart, and with a cost where the model has a price.
 */

import type { AttemptView, EndpointView, ModelView, RunChange } from '../gen/types';
import { outputTokens } from '../../../features/chat/facts';
import { scriptFor, type Script } from './script';
import { FIRST_ANSWER, piecesOf, sectionedAnswer, SHORT_ANSWER, THIRD_ANSWER } from './texts';

const MILLION = 1_000_000;

export function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  }
  return hash;
}

/** The way in as it was asked, with its own time to the first token and its own speed. */
function figured(attempt: AttemptView, seed: number, price: ModelView['price']): AttemptView {
  if (attempt.status !== 'answered') return attempt;
  const usage = attempt.usage;
  const input = usage ? usage.input : 0;
  const output = usage ? outputTokens(usage) : 0;
  const tokensPerSecond = 48 + (seed % 97);
  const firstTokenMillis = 380 + (seed % 411);
  const isLocal = attempt.providerId === 'local';
  const { input: forInput = null, output: forOutput = null } = price ?? {};
  const nanoUsd =
    forInput === null || forOutput === null
      ? null
      : Math.round((input * forInput + output * forOutput) / MILLION);
  return {
    ...attempt,
    firstTokenMillis,
    tokensPerSecond,
    totalMillis: firstTokenMillis + Math.round((output / tokensPerSecond) * 1_000),
    cost: isLocal
      ? { nanoUsd: 0, kind: 'computed' }
      : nanoUsd === null
        ? { nanoUsd: null, kind: 'unknown' }
        : { nanoUsd, kind: 'computed' },
    computedNanoUsd: nanoUsd,
  };
}

const ANSWERS = [FIRST_ANSWER, SHORT_ANSWER, THIRD_ANSWER];

function answerOf(endpoint: EndpointView, question: string, seed: number): string {
  const { model } = endpoint;
  if (/at length/i.test(question)) return sectionedAnswer(60, seed);
  if (model.includes('gpt')) return FIRST_ANSWER;
  if (model.includes('claude')) return SHORT_ANSWER;
  if (model.includes('deepseek')) return THIRD_ANSWER;
  return ANSWERS[seed % ANSWERS.length] ?? THIRD_ANSWER;
}

/** `salt` keeps one repeat apart from the next. */
export function cellScript(model: ModelView, question: string, salt: string): Script {
  const { endpoint, providerName, price } = model;
  const seed = hashOf(`${endpoint.providerId} ${endpoint.model} ${question} ${salt}`);
  const script = scriptFor(endpoint, providerName, question);
  const isPlain = !/hostile|endless|fail|cut|haiku/i.test(`${endpoint.model} ${question}`);
  const texts = script.steps.filter(({ change }) => change.kind === 'text');
  const isShort = isPlain && texts.length > 0 && !endpoint.model.includes('rescue');
  const figuredChange = (change: RunChange): RunChange =>
    change.kind === 'settled'
      ? { ...change, attempt: figured(change.attempt, seed, price) }
      : change;
  const ownText = piecesOf(answerOf(endpoint, question, seed)).map((text) => ({
    change: { kind: 'text' as const, text },
    ticks: 1 + (seed % 2),
  }));
  const first = script.steps.findIndex(({ change }) => change.kind === 'text');
  const steps = script.steps.flatMap((step, index) => {
    if (isShort && step.change.kind === 'text') return index === first ? ownText : [];
    return [{ ...step, change: figuredChange(step.change) }];
  });
  return { steps, ending: script.ending };
}

/** What the script leads to, without playing it, for rounds of earlier days. */
export function outcomeOf(script: Script): { text: string; attempts: AttemptView[] } {
  let text = '';
  const attempts: AttemptView[] = [];
  for (const { change } of script.steps) {
    if (change.kind === 'text') text += change.text;
    if (change.kind === 'discard') text = '';
    if (change.kind === 'attempt' || change.kind === 'settled') {
      attempts[change.attempt.ordinal] = change.attempt;
    }
  }
  return { text, attempts };
}
