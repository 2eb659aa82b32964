/**
 * Rankings of the fake: a plain fit by wins, good enough to look like the real one and to follow the votes
 * that are cast. The engine's own fit is checked elsewhere.
 */

import type {
  JudgeView,
  RankingPair,
  RankingRequest,
  RankingRow,
  RankingView,
  VoteView,
} from '../gen/types';
import { answeringAttempt } from '../../../features/chat/facts';
import { mergeKey } from './compare-merges';
import { sumOf, type FakeRound, type Surroundings } from './compare-round';

const FEWEST_SUBJECTS = 6;
const POINTS = 400 / Math.LN10;
const MIDDLE = 1_000;
const SURE = 1.96;
const STEPS = 60;

interface Figures {
  cost: number[];
  firstToken: number[];
  speed: number[];
}

interface Contender extends Figures {
  key: string;
  colour: number;
  subjects: Set<string>;
  wins: number;
  ties: number;
  losses: number;
}

interface Ballot {
  subject: string;
  vote: VoteView;
  /** Model keys by column, of the answers that are there. */
  models: ReadonlyMap<number, string>;
}

type Around = Pick<Surroundings, 'firstOf'>;
type Wins = ReadonlyMap<string, number>;

const pairKey = (winner: string, loser: string) => `${winner}\n${loser}`;
const shortName = (key: string) => key.slice(key.lastIndexOf('/') + 1);

export function rankingOf(
  rounds: readonly FakeRound[],
  request: RankingRequest,
  around: Around,
): RankingView {
  const all = rounds.flatMap((round) => ballotsOf(round, around));
  const ballots = all.filter(({ vote }) => counts(vote, request));
  const contenders = new Map<string, Contender>();
  const wins = new Map<string, number>();
  const ties = new Map<string, number>();
  for (const ballot of ballots) tally(ballot, contenders, wins, ties);
  for (const round of rounds) measure(round, contenders, around);

  const list = [...contenders.values()];
  const fit = fitOf(list, wins, ties);
  const groups = groupsOf(list, wins, ties);
  const rows = rowsOf(list, fit, groups);
  const tags = new Set(all.flatMap(({ vote }) => (vote.tag === null ? [] : [vote.tag])));
  return {
    rows,
    pairs: pairsOf(rows, fit, wins, ties),
    tags: [...tags].sort(),
    judges: judgesOf(all),
    votes: ballots.length,
    fewestSubjects: FEWEST_SUBJECTS,
    sentence: sentenceOf(rows),
  };
}

function counts(vote: VoteView, { voter, tag, blindOnly }: RankingRequest): boolean {
  const isHis = voter === 'me' || voter !== 'judges' ? vote.voter === voter : vote.voter !== 'me';
  return isHis && (tag === null || vote.tag === tag) && (!blindOnly || vote.isBlind);
}

function ballotsOf(round: FakeRound, around: Around): Ballot[] {
  return round.votes.map((vote) => {
    const answered = round.cellsOf(vote).filter(({ state }) => state === 'answered');
    const models = new Map(
      answered.map(({ column }) => [column, modelOf(round, column, around).key]),
    );
    return { subject: `${round.id} ${mergeKey(vote)}`, vote, models };
  });
}

function modelOf(round: FakeRound, column: number, around: Around) {
  const target = round.definition.columns[column]?.target;
  try {
    if (target) {
      const { key, colour } = around.firstOf(target).model;
      return { key, colour: colour ?? round.colourOf(column) };
    }
  } catch {
    // What is gone keeps the name that it had.
  }
  return { key: round.nameOf(column), colour: round.colourOf(column) };
}

function tally(
  { subject, vote, models }: Ballot,
  contenders: Map<string, Contender>,
  wins: Map<string, number>,
  ties: Map<string, number>,
): void {
  const keys = [...new Set(models.values())];
  const best = vote.column === null ? undefined : models.get(vote.column);
  for (const key of keys) {
    const figures = { cost: [], firstToken: [], speed: [] };
    const counts = { subjects: new Set<string>(), wins: 0, ties: 0, losses: 0 };
    const contender = contenders.get(key) ?? { key, colour: 0, ...counts, ...figures };
    contenders.set(key, contender);
    contender.subjects.add(subject);
    if (vote.verdict !== 'best') contender.ties += keys.length - 1;
    else if (key === best) contender.wins += keys.length - 1;
    else contender.losses += 1;
    for (const other of keys) {
      if (other === key) continue;
      const into = vote.verdict === 'best' ? wins : ties;
      if (vote.verdict === 'best' && key !== best) continue;
      into.set(pairKey(key, other), (into.get(pairKey(key, other)) ?? 0) + 1);
    }
  }
}

function measure(round: FakeRound, contenders: Map<string, Contender>, around: Around): void {
  for (const [column] of round.definition.columns.entries()) {
    const { key, colour } = modelOf(round, column, around);
    const contender = contenders.get(key);
    if (!contender) continue;
    contender.colour = colour;
    for (const cell of round.cells) {
      const run = cell.message?.run;
      const attempt = run ? answeringAttempt(run) : undefined;
      if (cell.column !== column || cell.state !== 'answered' || !run || !attempt) continue;
      if (run.receipt.cost.nanoUsd !== null) contender.cost.push(run.receipt.cost.nanoUsd);
      if (attempt.firstTokenMillis !== null) contender.firstToken.push(attempt.firstTokenMillis);
      if (attempt.tokensPerSecond !== null) contender.speed.push(attempt.tokensPerSecond);
    }
  }
}

/** Strengths that make the wins likely, each with the variance of its estimate. */
type Fit = ReadonlyMap<string, { points: number; variance: number }>;

function fitOf(list: readonly Contender[], wins: Wins, ties: Wins): Fit {
  const scored = list.filter(({ subjects }) => subjects.size >= FEWEST_SUBJECTS);
  const strength = new Map(scored.map(({ key }) => [key, 0]));
  const variance = new Map<string, number>();
  const half = (from: string, to: string) =>
    (wins.get(pairKey(from, to)) ?? 0) + (ties.get(pairKey(from, to)) ?? 0) / 2 + 0.3;
  for (let step = 0; step < STEPS; step += 1) {
    for (const { key } of scored) {
      let slope = 0;
      let information = 0.1;
      for (const other of scored) {
        if (other.key === key) continue;
        const won = half(key, other.key);
        const played = won + half(other.key, key);
        const apart = (strength.get(other.key) ?? 0) - (strength.get(key) ?? 0);
        const chance = 1 / (1 + Math.exp(apart));
        slope += won - played * chance;
        information += played * chance * (1 - chance);
      }
      strength.set(key, (strength.get(key) ?? 0) + slope / information);
      variance.set(key, 1 / information);
    }
    const mean = [...strength.values()].reduce((sum, each) => sum + each, 0) / scored.length;
    for (const [key, each] of strength) strength.set(key, each - mean);
  }
  return new Map(
    [...strength].map(([key, each]) => [
      key,
      { points: MIDDLE + each * POINTS, variance: (variance.get(key) ?? 1) * POINTS ** 2 },
    ]),
  );
}

function groupsOf(list: readonly Contender[], wins: Wins, ties: Wins): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  const meet = (one: string, other: string) =>
    [wins, ties].some((each) => each.has(pairKey(one, other)) || each.has(pairKey(other, one)));
  let next = 0;
  for (const { key } of list) {
    if (groups.has(key)) continue;
    const todo = [key];
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      if (groups.has(at)) continue;
      groups.set(at, next);
      const here = at;
      todo.push(...list.map((each) => each.key).filter((other) => meet(here, other)));
    }
    next += 1;
  }
  return groups;
}

function differenceOf(fit: Fit, first: string, second: string) {
  const one = fit.get(first);
  const other = fit.get(second);
  if (!one || !other) return null;
  const apart = one.points - other.points;
  const reach = SURE * Math.sqrt(one.variance + other.variance);
  return { difference: apart, low: apart - reach, high: apart + reach };
}

function rowsOf(
  list: readonly Contender[],
  fit: Fit,
  groups: ReadonlyMap<string, number>,
): RankingRow[] {
  const rows = list.map((each): RankingRow => {
    const { key, colour, wins, ties, losses } = each;
    const group = groups.get(key) ?? 0;
    const score = fit.get(key);
    const others = list
      .filter((other) => other.key !== key && groups.get(other.key) === group)
      .flatMap((other) => differenceOf(fit, key, other.key) ?? []);
    const reach = score ? SURE * Math.sqrt(score.variance) : 0;
    return {
      model: key,
      name: shortName(key),
      colour,
      rank: score ? 1 + others.filter(({ high }) => high < 0).length : null,
      score: score?.points ?? null,
      low: score ? score.points - reach : null,
      high: score ? score.points + reach : null,
      isSettled: score !== undefined && others.every(({ low, high }) => low > 0 || high < 0),
      group,
      votes: each.subjects.size,
      wins,
      ties,
      losses,
      medianNanoUsd: medianOf(each.cost),
      medianFirstTokenMillis: medianOf(each.firstToken),
      medianTokensPerSecond: medianOf(each.speed),
      isOnCostFrontier: false,
      isOnSpeedFrontier: false,
    };
  });
  rows.sort((one, other) => (other.score ?? -Infinity) - (one.score ?? -Infinity));
  for (const row of rows) {
    const rivals = rows.filter(({ group, score }) => group === row.group && score !== null);
    const isBeaten = (value: (each: RankingRow) => number | null) =>
      rivals.some(
        (other) =>
          other !== row &&
          (other.score ?? 0) >= (row.score ?? 0) &&
          (value(other) ?? -Infinity) >= (value(row) ?? -Infinity),
      );
    const cheapness = ({ medianNanoUsd }: RankingRow) =>
      medianNanoUsd === null ? null : -medianNanoUsd;
    const speed = ({ medianTokensPerSecond }: RankingRow) => medianTokensPerSecond;
    row.isOnCostFrontier = row.score !== null && cheapness(row) !== null && !isBeaten(cheapness);
    row.isOnSpeedFrontier = row.score !== null && speed(row) !== null && !isBeaten(speed);
  }
  return rows;
}

function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

function pairsOf(rows: readonly RankingRow[], fit: Fit, wins: Wins, ties: Wins): RankingPair[] {
  return rows.flatMap((one, first) =>
    rows.slice(first + 1).flatMap((other, offset): RankingPair[] => {
      const own = wins.get(pairKey(one.model, other.model)) ?? 0;
      const lost = wins.get(pairKey(other.model, one.model)) ?? 0;
      const tied = ties.get(pairKey(one.model, other.model)) ?? 0;
      const isJoined = one.group === other.group;
      const apart = isJoined ? differenceOf(fit, one.model, other.model) : null;
      if (own + lost + tied === 0 && apart === null) return [];
      const nothing = { difference: null, low: null, high: null };
      const second = first + 1 + offset;
      return [{ first, second, wins: own, ties: tied, losses: lost, ...(apart ?? nothing) }];
    }),
  );
}

function judgesOf(ballots: readonly Ballot[]): JudgeView[] {
  const mine = new Map(
    ballots.filter(({ vote }) => vote.voter === 'me').map(({ subject, vote }) => [subject, vote]),
  );
  const byJudge = new Map<string, Ballot[]>();
  for (const ballot of ballots) {
    const { voter } = ballot.vote;
    if (voter !== 'me') byJudge.set(voter, [...(byJudge.get(voter) ?? []), ballot]);
  }
  return [...byJudge].map(([key, own]): JudgeView => {
    const shared = own.filter(({ subject }) => mine.has(subject));
    const same = shared.filter(({ subject, vote }) => {
      const other = mine.get(subject);
      return other?.verdict === vote.verdict && other.column === vote.column;
    }).length;
    const interval = shared.length === 0 ? null : shareInterval(same, shared.length);
    return {
      key,
      name: shortName(key),
      votes: own.length,
      shared: shared.length,
      same,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      kappa: shared.length < 2 ? null : (same / shared.length - 1 / 3) / (1 - 1 / 3),
      disagreesWithItself: own.filter(({ vote }) => vote.ordersAgree === false).length,
      nanoUsd: sumOf(own.flatMap(({ vote }) => vote.cost ?? [])).nanoUsd,
    };
  });
}

/** By Wilson's formula, which keeps within 0 and 1. */
function shareInterval(hits: number, trials: number): { low: number; high: number } {
  const share = hits / trials;
  const square = SURE ** 2;
  const middle = (share + square / (2 * trials)) / (1 + square / trials);
  const reach =
    (SURE / (1 + square / trials)) *
    Math.sqrt((share * (1 - share)) / trials + square / (4 * trials ** 2));
  return { low: middle - reach, high: middle + reach };
}

function sentenceOf(rows: readonly RankingRow[]): string {
  const scored = rows.filter(({ score }) => score !== null);
  if (scored.length < 2) {
    return `Not enough votes yet: a model needs votes on ${FEWEST_SUBJECTS} prompts before it has a score.`;
  }
  const firsts = scored.filter(({ rank, group }) => rank === 1 && group === scored[0]?.group);
  const [one, other] = firsts;
  if (one && !other) return `${one.name} is ahead of every other model, at 95 %.`;
  if (one && other && firsts.length === 2) {
    return `Not enough votes yet to say whether ${one.name} or ${other.name} is better.`;
  }
  return `Not enough votes yet to say which of the first ${firsts.length} is better.`;
}
