/** Which of several answers is best in what can be measured. */

export interface AnswerFigures {
  id: string;
  /** A failed answer is never the best, however quick it was. */
  failed: boolean;
  firstTokenMillis: number | null;
  tokensPerSecond: number | null;
  nanoUsd: number | null;
  outputTokens: number | null;
}

export interface BestAnswers {
  /** Ids; several where they are equal, none where fewer than two have the figure. */
  firstToken: readonly string[];
  speed: readonly string[];
  cost: readonly string[];
  length: readonly string[];
}

type FigureName = Exclude<keyof AnswerFigures, 'id' | 'failed'>;

/** The first token soonest, the most tokens a second, the cheapest, the shortest. */
export function bestOf(answers: readonly AnswerFigures[]): BestAnswers {
  return {
    firstToken: leastOf(answers, 'firstTokenMillis'),
    speed: leastOf(answers, 'tokensPerSecond', -1),
    cost: leastOf(answers, 'nanoUsd'),
    length: leastOf(answers, 'outputTokens'),
  };
}

function leastOf(answers: readonly AnswerFigures[], name: FigureName, sign = 1): string[] {
  const known = answers.flatMap((answer) => {
    const figure = answer[name];
    return answer.failed || figure === null || !Number.isFinite(figure)
      ? []
      : [{ id: answer.id, figure: sign * figure }];
  });
  if (known.length < 2) return [];
  const least = Math.min(...known.map(({ figure }) => figure));
  return known.filter(({ figure }) => figure === least).map(({ id }) => id);
}
