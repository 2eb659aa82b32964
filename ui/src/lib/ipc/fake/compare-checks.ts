/** Checks of an answer that need no model. */

import type { CheckOutcome, CheckView } from '../gen/types';
import { fill, type Row } from './compare-definition';

const outcome = (passed: boolean | null, words: string): CheckOutcome => ({ passed, words });

export function checkAnswer(
  check: CheckView,
  text: string,
  totalMillis: number | null,
  row: Row,
): CheckOutcome {
  switch (check.kind) {
    case 'contains': {
      const wanted = fill(check.text, row);
      const fold = (each: string) => (check.isCaseSensitive ? each : each.toLowerCase());
      const isThere = fold(text).includes(fold(wanted));
      return outcome(
        isThere !== check.isNegated,
        isThere ? `It holds “${wanted}”.` : `It does not hold “${wanted}”.`,
      );
    }
    case 'equals': {
      const fold = (each: string) =>
        check.isCaseSensitive ? each.trim() : each.trim().toLowerCase();
      const isSame = fold(text) === fold(fill(check.text, row));
      return outcome(isSame, isSame ? 'It is that text.' : 'It is another text.');
    }
    case 'regex':
      try {
        const doesMatch = new RegExp(fill(check.pattern, row)).test(text);
        return outcome(
          doesMatch,
          doesMatch ? 'The pattern matches.' : 'The pattern matches nowhere.',
        );
      } catch {
        return outcome(null, 'The pattern cannot be read.');
      }
    case 'json_schema':
      return checkJson(text);
    case 'words': {
      const words = text.split(/\s+/).filter(Boolean).length;
      const isLong = check.least === null || words >= check.least;
      const isShort = check.most === null || words <= check.most;
      return outcome(isLong && isShort, `It has ${words} words.`);
    }
    case 'within':
      if (totalMillis === null) return outcome(null, 'Nobody knows how long it took.');
      return outcome(totalMillis <= check.millis, `It took ${totalMillis} ms.`);
  }
}

/** The fake only looks whether it is JSON. */
function checkJson(text: string): CheckOutcome {
  const fenced = /```(?:json)?\n([\s\S]*?)```/.exec(text)?.[1];
  try {
    JSON.parse(fenced ?? text);
    return outcome(true, 'It is JSON and keeps to the schema.');
  } catch {
    return outcome(false, 'It is no JSON.');
  }
}
