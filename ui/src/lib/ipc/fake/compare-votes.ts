/** Votes of an earlier day, the person's and two judges', so that there is something to rank. */

import { verdictOf } from './compare-merges';
import type { FakeRound, Surroundings } from './compare-round';
import { hashOf } from './compare-script';

const JUDGES = ['anthropic/claude-sonnet-4.6', 'openai/gpt-6.1'];
/** The person prefers the second column more often than not. */
const TASTE = [0, 1, 1, 2, 1, 1, 0, 1];

/** Leaves the last prompt without a vote. */
export function seedVotes(round: FakeRound, around: Surroundings): void {
  const last = round.cases.length - 1;
  for (const cell of round.cells) {
    const { caseIndex, repeat } = cell;
    if (cell.column !== 0 || caseIndex === last) continue;
    const key = { caseIndex, repeat };
    const answered = round.cellsOf(key).filter(({ state }) => state === 'answered');
    if (answered.length < 2) continue;
    const seed = hashOf(`${caseIndex} of ${repeat}`);
    const wanted = TASTE[seed % TASTE.length] ?? 1;
    const column = answered.find((each) => each.column === wanted)?.column ?? null;
    round.votes.push({
      ...key,
      voter: 'me',
      voterName: 'You',
      verdict: column === null ? 'tie' : 'best',
      column,
      tag: seed % 4 === 0 ? 'rust' : round.definition.tag,
      note: '',
      isBlind: seed % 3 !== 0,
      ordersAgree: null,
      cost: null,
      createdAt: round.startedAt,
    });
    for (const model of JUDGES) {
      const target = { kind: 'endpoint', endpoint: { providerId: 'openrouter', model } } as const;
      round.votes.push(verdictOf(round, key, around.firstOf(target).model, true));
    }
  }
}
