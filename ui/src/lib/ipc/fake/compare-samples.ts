/** Comparisons of earlier days: the one of the design's pictures, and tables with many prompts. */

import type { AttemptView, DefinitionView, EndpointView, MessageView } from '../gen/types';
import { NO_PARAMETERS } from './compare-definition';
import type { FakeComparisons } from './compare';
import type { Cell, FakeRound, Surroundings } from './compare-round';
import { cellScript, hashOf, outcomeOf } from './compare-script';
import { seedVotes } from './compare-votes';
import { failureNamed } from './failures';
import { attempt, emptyAnswer, failed, receiptOf } from './script';

const DAY = 86_400_000;
const MODELS = ['openai/gpt-6.1', 'anthropic/claude-sonnet-4.6', 'deepseek/deepseek-chat'];

const endpoint = (model: string): EndpointView => ({ providerId: 'openrouter', model });

function definition(name: string, rest: Partial<DefinitionView>): DefinitionView {
  return {
    name,
    columns: MODELS.map((model) => ({
      label: '',
      target: { kind: 'endpoint', endpoint: endpoint(model) },
      systemPrompt: '',
      parameters: NO_PARAMETERS,
    })),
    prompts: [],
    rows: [],
    repeats: 1,
    parallel: 4,
    ceiling: null,
    checks: [],
    tag: null,
    judging: { judges: [], rubric: '' },
    sample: null,
    ...rest,
  };
}

/** The cell as its run left it. */
function settle(round: FakeRound, cell: Cell, around: Surroundings): void {
  const target = round.definition.columns[cell.column]?.target;
  if (!target) return;
  const { model } = around.firstOf(target);
  const asked = round.cases[cell.caseIndex]?.prompt ?? '';
  const script = cellScript(model, asked, String(cell.repeat));
  const { text, attempts } = outcomeOf(script);
  const ids = [around.id('answer'), around.id('question'), around.id('run')] as const;
  const empty = emptyAnswer(...ids, model.endpoint, round.colourOf(cell.column), target);
  cell.state = 'answered';
  cell.message = {
    ...empty,
    text,
    status: 'complete',
    createdAt: round.startedAt,
    run: empty.run && { ...empty.run, receipt: receiptOf(attempts) },
  };
}

function withAttempts(message: MessageView, attempts: AttemptView[]): MessageView {
  return { ...message, run: message.run && { ...message.run, receipt: receiptOf(attempts) } };
}

/** The second column of the picture was answered by the second way in. */
function switchWays(cell: Cell): void {
  const { message } = cell;
  const last = message?.run?.receipt.attempts[0];
  if (!message || !last) return;
  const way = endpoint('anthropic/claude-sonnet-4.6');
  const first = failed(
    attempt(0, way, 'Anthropic'),
    failureNamed('overloaded'),
    'overloaded, no retry hint',
  );
  cell.message = withAttempts(message, [
    first,
    { ...last, ordinal: 1, providerName: 'OpenRouter', madeBecause: 'next_endpoint' },
  ]);
}

function fail(cell: Cell): void {
  const { message } = cell;
  if (!message?.run) return;
  const failure = failureNamed('rate_limited');
  const last = failed(attempt(0, message.run.endpoint, 'OpenRouter'), failure, null);
  cell.state = 'failed';
  cell.message = {
    ...withAttempts(message, [last]),
    text: '',
    status: 'failed',
  };
  if (cell.message.run) cell.message.run = { ...cell.message.run, failure };
}

function end(round: FakeRound): void {
  round.state = 'done';
  round.endedAt = round.startedAt + 12_000;
}

/** The model wrote otherwise then. */
function reword(cell: Cell | undefined): void {
  if (!cell?.message) return;
  const text = cell.message.text.replace('TCP flow control', 'a full queue');
  cell.message = { ...cell.message, text: `${text}\n\nMeasure before you choose a size.` };
}

const PICTURE = 'How do I get back-pressure when I stream model output through a Tokio channel?';

/** Two rounds of one prompt; with `isStreaming` the last answer is still being written. */
export function seedPicture(
  comparisons: FakeComparisons,
  around: Surroundings,
  isStreaming: boolean,
): void {
  const one = definition('Rust channel back-pressure', {
    prompts: [{ kind: 'text', text: PICTURE }],
    tag: 'rust',
  });
  const rounds = comparisons.seed('picture', one, Date.now() - 120_000, 2);
  for (const round of rounds) {
    for (const cell of round.cells) settle(round, cell, around);
    const switched = round.cell(0, 0, 1);
    if (switched) switchWays(switched);
    end(round);
  }
  reword(rounds[0]?.cell(0, 0, 2));
  const last = rounds[1]?.cell(0, 0, 2);
  if (!isStreaming || !rounds[1] || !last) return;
  last.message = null;
  rounds[1].again(last);
}

/** One prompt that was answered at length. */
export function seedLong(comparisons: FakeComparisons, around: Surroundings): void {
  const one = definition('Queues explained', {
    prompts: [{ kind: 'text', text: 'Explain queues at length.' }],
  });
  const [round] = comparisons.seed('long', one, Date.now() - DAY);
  if (!round) return;
  for (const cell of round.cells) settle(round, cell, around);
  end(round);
}

const CITIES = ['Lima', 'Oslo', 'Porto', 'Kyoto', 'Accra', 'Quito', 'Turin', 'Perth'];

/** Prompts with variables, twice each, some of which failed. */
export function seedTable(
  comparisons: FakeComparisons,
  around: Surroundings,
  prompts: number,
  hasVotes: boolean,
): void {
  const table = definition('Trip plans in one paragraph', {
    prompts: [{ kind: 'text', text: 'Plan one day in {{city}}, prompt {{number}}.' }],
    rows: Array.from({ length: prompts }, (_, index) => ({
      city: CITIES[index % CITIES.length] ?? 'Lima',
      number: String(index + 1),
    })),
    repeats: 2,
    checks: [
      { kind: 'contains', text: 'bound', isCaseSensitive: false, isNegated: false },
      { kind: 'words', least: null, most: 60 },
    ],
    ceiling: '1.00',
    tag: 'travel',
  });
  const [round] = comparisons.seed('table', table, Date.now() - DAY);
  if (!round) return;
  for (const cell of round.cells) {
    settle(round, cell, around);
    if (hashOf(`${cell.caseIndex} ${cell.repeat} ${cell.column}`) % 17 === 0) fail(cell);
  }
  end(round);
  if (hasVotes) seedVotes(round, around);
}
