/** The figures under an answer, and which of them is the best of its case. */

import type { CellView, CostView, MessageView } from '../../../lib/ipc/gen/types';
import { formatCount, formatDuration, formatMoney, formatSpeed } from '../../../lib/format';
import { answeringAttempt, isLocalAttempt, outputTokens } from '../../chat/facts';

export interface Figures {
  firstTokenMillis: number | null;
  tokensPerSecond: number | null;
  outputTokens: number | null;
  cost: CostView | null;
  isLocal: boolean;
}

export type FigureName = 'firstTokenMillis' | 'tokensPerSecond' | 'cost';

const NOTHING: Figures = {
  firstTokenMillis: null,
  tokensPerSecond: null,
  outputTokens: null,
  cost: null,
  isLocal: false,
};

/** As the answer itself says, which is newer than the round while it is being written. */
export function figuresOf(cell: CellView | undefined, message: MessageView | undefined): Figures {
  const run = message?.run;
  const attempt = run ? answeringAttempt(run) : undefined;
  if (run && attempt) {
    return {
      firstTokenMillis: attempt.firstTokenMillis,
      tokensPerSecond: attempt.tokensPerSecond,
      outputTokens: attempt.usage ? outputTokens(attempt.usage) : null,
      cost: message.status === 'streaming' ? null : run.receipt.cost,
      isLocal: run.receipt.attempts.every(isLocalAttempt),
    };
  }
  return cell && cell.runId !== null ? { ...NOTHING, ...cell } : NOTHING;
}

function valueOf(cell: CellView, name: FigureName): number | null {
  if (cell.state !== 'answered') return null;
  return name === 'cost' ? cell.cost.nanoUsd : cell[name];
}

/**
 * The columns with the best of a figure. None where fewer than two can be compared, or where they are
 * all the same.
 */
export function bestColumns(cells: readonly CellView[], name: FigureName): ReadonlySet<number> {
  const known = cells.flatMap((cell) => {
    const value = valueOf(cell, name);
    return value === null ? [] : [{ column: cell.column, value }];
  });
  const values = known.map(({ value }) => value);
  const best = name === 'tokensPerSecond' ? Math.max(...values) : Math.min(...values);
  const winners = known.filter(({ value }) => value === best);
  if (known.length < 2 || winners.length === known.length) return new Set();
  return new Set(winners.map(({ column }) => column));
}

/** What is not known yet is a dash; what nobody knows is written out. */
export function figureWords(figures: Figures, isOver: boolean) {
  const { firstTokenMillis, tokensPerSecond, outputTokens: tokens, cost, isLocal } = figures;
  const missing = isOver ? 'unknown' : '–';
  return {
    firstToken: firstTokenMillis === null ? missing : formatDuration(firstTokenMillis),
    speed: tokensPerSecond === null ? missing : formatSpeed(tokensPerSecond),
    tokens: tokens === null ? missing : formatCount(tokens),
    cost: cost === null ? missing : costWords(cost, isLocal),
  };
}

export function costWords(cost: CostView, isLocal = false): string {
  if (cost.kind === 'unknown') return 'unknown';
  if (isLocal && cost.nanoUsd === 0) return 'free';
  return formatMoney(cost.nanoUsd, { estimated: cost.kind === 'estimated' });
}
