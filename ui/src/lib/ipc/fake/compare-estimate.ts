/** What a comparison would cost, by the prompts and an answer of usual length. */

import type {
  ColumnEstimate,
  ComparisonEstimate,
  DefinitionView,
  JudgeEstimate,
  TargetView,
} from '../gen/types';
import { casesOf, checkDefinition, variablesOf } from './compare-definition';
import type { Surroundings } from './compare-round';

const MILLION = 1_000_000;
const USUAL_ANSWER = 500;

type Priced = Pick<Surroundings, 'firstOf'>;

function priceOfOne(
  around: Priced,
  target: TargetView,
  inputTokens: number,
  outputTokens: number,
): { nanoUsd: number | null; wayIn: string | null; name: string; colour: number | null } {
  const { model, route } = around.firstOf(target);
  const { price } = model;
  const known = typeof price?.input === 'number' && typeof price.output === 'number';
  const nanoUsd = model.isLocal
    ? 0
    : known
      ? Math.round(
          ((price.input ?? 0) * inputTokens + (price.output ?? 0) * outputTokens) / MILLION,
        )
      : null;
  return {
    nanoUsd,
    wayIn: model.providerName,
    name: route?.name ?? model.name,
    colour: model.colour,
  };
}

export function estimateOf(definition: DefinitionView, around: Priced): ComparisonEstimate {
  checkDefinition({ ...definition, name: definition.name || 'x' }, false);
  const cases = casesOf(definition);
  const columns = definition.columns.map((column, index): ColumnEstimate => {
    const name = column.label || 'Past answers';
    const colour = (index + 3) % 6;
    if (column.target === null) {
      return { name, colour, nanoUsd: 0, firstWayIn: null, problem: null };
    }
    const output = column.parameters.maxTokens ?? USUAL_ANSWER;
    let sum: number | null = 0;
    try {
      let first: ReturnType<typeof priceOfOne> | undefined;
      for (const { prompt } of cases) {
        const input = 24 + Math.ceil((prompt.length + column.systemPrompt.length) / 4);
        first = priceOfOne(around, column.target, input, output);
        sum = sum === null || first.nanoUsd === null ? null : sum + first.nanoUsd;
      }
      first ??= priceOfOne(around, column.target, 24, output);
      return {
        name: column.label || first.name,
        colour: first.colour ?? colour,
        nanoUsd: sum === null ? null : sum * definition.repeats,
        firstWayIn: first.wayIn,
        problem: null,
      };
    } catch (thrown) {
      const problem = (thrown as { message: string }).message;
      const key = column.target.kind === 'model' ? column.target.key : 'A model that is gone';
      return { name: column.label || key, colour, nanoUsd: null, firstWayIn: null, problem };
    }
  });
  const known = columns.reduce((sum, { nanoUsd }) => sum + (nanoUsd ?? 0), 0);
  return {
    columns,
    totalNanoUsd: columns.some(({ nanoUsd }) => nanoUsd === null) ? null : known,
    knownNanoUsd: known,
    cells: cases.length * definition.repeats * columns.length,
    cases: cases.length,
    variables: variablesOf(definition),
  };
}

/** Each judge reads all answers of a case twice, in both orders. */
export function judgeEstimateOf(
  judges: readonly TargetView[],
  cases: number,
  columns: number,
  around: Priced,
): JudgeEstimate {
  let nanoUsd: number | null = 0;
  for (const judge of judges) {
    const one = priceOfOne(around, judge, 200 + columns * USUAL_ANSWER, 60).nanoUsd;
    nanoUsd = nanoUsd === null || one === null ? null : nanoUsd + one * 2 * cases;
  }
  return { requests: judges.length * 2 * cases, nanoUsd };
}
