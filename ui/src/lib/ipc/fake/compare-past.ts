/** One's own past on another model, and one round held against another, as the engine works them out. */

import { answeringAttempt, inputTokens, outputTokens } from '../../../features/chat/facts';
import type {
  AgainstFigures,
  AgainstView,
  CellAgainst,
  CellView,
  ColumnAgainst,
  ConversationView,
  CostView,
  ReplayOutcomeView,
  ReplayRequest,
  ReplayView,
  RoundView,
  SampleView,
} from '../gen/types';
import { shuffled } from '../../state/blind';
import { NO_PARAMETERS } from './compare-definition';
import { sumOf, type FakeRound, type Surroundings } from './compare-round';
import { refuse } from './refuse';

const DAY = 86_400_000;
const MILLION = 1_000_000;

export function prepareReplay(
  { target, count, days, isRandom, seed }: ReplayRequest,
  conversations: Iterable<ConversationView>,
  { firstOf }: Pick<Surroundings, 'firstOf'>,
): ReplayView {
  const isBetween = (value: number, most: number) => value >= 1 && value <= most;
  if (!isBetween(count, 200)) {
    refuse(
      'invalid_input',
      'Between 1 and 200 questions can be taken.',
      'Twenty are a good start.',
      'count',
    );
  }
  if (days !== null && !isBetween(days, 366)) {
    refuse('invalid_input', 'Between 1 and 366 days can be priced.', 'Thirty are usual.', 'days');
  }
  const chats = [...conversations];
  const until = Date.now();
  const since = days === null ? null : until - days * DAY;
  let questions = chats
    .flatMap(({ summary, messages }) =>
      messages
        .filter(({ role, id }) => role === 'user' && isAnswered(messages, id))
        .filter(({ createdAt }) => since === null || createdAt >= since)
        .map((message) => ({ conversationId: summary.id, message })),
    )
    .sort((left, right) => right.message.createdAt - left.message.createdAt);
  const outOf = questions.length;
  if (outOf === 0 && days !== null) {
    refuse(
      'invalid_input',
      'These days hold no question with a whole answer.',
      'Take more of them.',
      'days',
    );
  }
  if (outOf === 0) {
    refuse(
      'invalid_input',
      'History holds no question with a whole answer yet.',
      'Chat a little first.',
      'count',
    );
  }
  const drawnBy = isRandom ? (seed ?? Math.floor(Math.random() * 2 ** 32)) : null;
  if (drawnBy !== null) {
    questions = shuffled(outOf, String(drawnBy)).flatMap((place) => questions[place] ?? []);
  }
  questions = questions.slice(0, count);
  const sample: SampleView = { seed: drawnBy, since, until, taken: questions.length, outOf };
  const { model, route } = firstOf(target);
  const runs = chats
    .flatMap(({ messages }) => messages)
    .filter(({ run, createdAt }) => run && createdAt >= (since ?? 0))
    .flatMap(({ run }) => (run && answeringAttempt(run)?.status === 'answered' ? [run] : []));
  const counted = runs.flatMap((run) => {
    const usage = answeringAttempt(run)?.usage;
    return usage ? [{ cost: run.receipt.cost, usage }] : [];
  });
  const { input = null, output = null } = model.price ?? {};
  const isKnown = model.isLocal || (input !== null && output !== null);
  return {
    definition: {
      name: `My past on ${route?.name ?? model.name}`,
      columns: [
        { label: 'As it was', target: null, systemPrompt: '', parameters: NO_PARAMETERS },
        { label: '', target, systemPrompt: '', parameters: NO_PARAMETERS },
      ],
      prompts: questions.map(({ conversationId, message }) => ({
        kind: 'past',
        conversationId,
        questionId: message.id,
        title: message.text.slice(0, 60),
      })),
      rows: [],
      repeats: 1,
      parallel: 4,
      ceiling: null,
      checks: [],
      tag: null,
      judging: { judges: [], rubric: '' },
      sample,
    },
    sample,
    spent: sumOf(runs.map(({ receipt }) => receipt.cost)),
    spentOnPriced: sumOf(counted.map(({ cost }) => cost)),
    thereNanoUsd: isKnown
      ? counted.reduce((sum, { usage }) => {
          const nano = inputTokens(usage) * (input ?? 0) + outputTokens(usage) * (output ?? 0);
          return sum + (model.isLocal ? 0 : Math.round(nano / MILLION));
        }, 0)
      : null,
    priced: counted.length,
    unpriced: runs.length - counted.length,
  };
}

/** As the engine tells it, with an interval that is only roughly so wide. */
export function outcomeOf(
  round: FakeRound,
  conversations: Iterable<ConversationView>,
): ReplayOutcomeView {
  const { sample } = round.definition;
  if (!sample || sample.taken !== round.definition.prompts.length) {
    return refuse('not_found', 'The sample of this round is gone.', 'Look at another one.');
  }
  const runs = [...conversations]
    .flatMap(({ messages }) => messages)
    .flatMap(({ run, createdAt }) => (run && createdAt >= (sample.since ?? 0) ? [run] : []));
  const view = round.view();
  const columns = round.definition.columns.flatMap(({ target }, column) => {
    if (target === null) return [];
    const own = view.cells.filter((cell) => cell.column === column && cell.state === 'answered');
    const costs = own.flatMap(({ cost }) => (cost.nanoUsd === null ? [] : [cost.nanoUsd]));
    const seen = costs.reduce((sum, cost) => sum + cost, 0);
    const total = costs.length === 0 ? null : Math.round((seen / costs.length) * sample.outOf);
    const isSure = sample.seed !== null && costs.length > 5;
    return {
      column,
      name: view.columns[column]?.name ?? '',
      questions: costs.length,
      unknown: own.length - costs.length,
      cost: sumOf(own.map(({ cost }) => cost)),
      totalNanoUsd: total,
      lowNanoUsd: total !== null && isSure ? Math.max(seen, Math.round(total * 0.7)) : null,
      highNanoUsd: total !== null && isSure ? Math.round(total * 1.3) : null,
    };
  });
  return { sample, spent: sumOf(runs.map(({ receipt }) => receipt.cost)), columns };
}

function isAnswered(messages: ConversationView['messages'], questionId: string): boolean {
  return messages.some(({ parentId, status }) => parentId === questionId && status === 'complete');
}

/** Places of what both have, in the order of the newer one; of equals each is taken once. */
function pairs(before: readonly string[], now: readonly string[]): [number, number][] {
  const free: (string | null)[] = [...before];
  return now.flatMap((name, newer): [number, number][] => {
    const older = free.indexOf(name);
    if (older < 0) return [];
    free[older] = null;
    return [[older, newer]];
  });
}

function middle(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((left, right) => left - right);
  return known[Math.floor(known.length / 2)] ?? null;
}

function figures({ cells, columns }: RoundView, column: number): AgainstFigures {
  const own = cells.filter((cell) => cell.column === column);
  const answered = own.filter(({ state }) => state === 'answered');
  const checks = answered.flatMap((cell) => cell.checks);
  const unknown: CostView = { nanoUsd: null, kind: 'unknown' };
  return {
    answered: answered.length,
    failed: own.length - answered.length,
    passed: checks.filter(({ passed }) => passed === true).length,
    checks: checks.length,
    firstTokenMillis: middle(answered.map((cell) => cell.firstTokenMillis)),
    tokensPerSecond: middle(answered.map((cell) => cell.tokensPerSecond)),
    length: middle(answered.map((cell) => cell.length)),
    cost: columns[column]?.cost ?? unknown,
  };
}

/** How many checks came out the other way and now are `now`. */
function turned(older: CellView | undefined, newer: CellView | undefined, now: boolean): number {
  const before = older?.checks ?? [];
  return (newer?.checks ?? []).filter(
    ({ passed }, index) => passed === now && before[index]?.passed === !now,
  ).length;
}

export function roundAgainst(older: FakeRound, newer: FakeRound): AgainstView {
  if (older.comparisonId !== newer.comparisonId) {
    refuse(
      'invalid_input',
      'The two rounds are of different comparisons.',
      'Choose two of one.',
      'older',
    );
  }
  const [before, now] = [older.view(), newer.view()];
  const prompts = (round: FakeRound) =>
    round.cases.map(({ prompt, variables }) => JSON.stringify([prompt, variables]));
  const columnPairs = pairs(
    before.columns.map(({ name }) => name),
    now.columns.map(({ name }) => name),
  );
  const casePairs = pairs(prompts(older), prompts(newer));
  const repeats = Math.min(older.definition.repeats, newer.definition.repeats);
  const columns = columnPairs.map(([olderColumn, newerColumn]): ColumnAgainst => ({
    name: now.columns[newerColumn]?.name ?? '',
    olderColumn,
    newerColumn,
    older: figures(before, olderColumn),
    newer: figures(now, newerColumn),
    same: 0,
    both: 0,
  }));
  const cells: CellAgainst[] = [];
  for (const [olderCase, newerCase] of casePairs) {
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      for (const column of columns) {
        const { olderColumn, newerColumn } = column;
        const old = older.cell(olderCase, repeat, olderColumn);
        const next = newer.cell(newerCase, repeat, newerColumn);
        if (old?.state !== 'answered' || next?.state !== 'answered') continue;
        const isSame = old.message?.text.trim() === next.message?.text.trim();
        column.both += 1;
        column.same += isSame ? 1 : 0;
        const views = [
          before.cells[older.cells.indexOf(old)],
          now.cells[newer.cells.indexOf(next)],
        ] as const;
        cells.push({
          olderCase,
          newerCase,
          repeat,
          olderColumn,
          newerColumn,
          isSame,
          lostChecks: turned(...views, false),
          wonChecks: turned(...views, true),
        });
      }
    }
  }
  const isWhole = (found: number, one: number, other: number) => found === one && found === other;
  return {
    columns,
    cells,
    hasChangedSetup:
      !isWhole(columns.length, before.columns.length, now.columns.length) ||
      !isWhole(casePairs.length, before.cases.length, now.cases.length),
  };
}
