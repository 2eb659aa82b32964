/** The whole receipt as plain text, for the clipboard. */

import type { RunView } from '../../../lib/ipc/gen/types';
import type { KeyOf } from '../answered';
import { readerCard } from './readers';
import {
  cardOf,
  directWords,
  receiptHeading,
  totalWords,
  wastedOfTotal,
  type AttemptCard,
  type Line,
} from './receipt';
import { skippedCard } from './skipped';

const WIDTH = 19;

export function receiptText(run: RunView, at: number, keyOf: KeyOf): string {
  const { attempts, readers, budgetNote } = run.receipt;
  const wasted = wastedOfTotal(run);
  return [
    `Receipt: ${receiptHeading(run, at, keyOf)}`,
    ...(budgetNote === null ? [] : [`Budget: ${budgetNote}`]),
    ...attempts.map((attempt) => cardText(cardOf(attempt, run))),
    [`You paid: ${totalWords(run)}`, wasted, directWords(run)]
      .filter((line) => line !== null)
      .join('\n'),
    ...run.skipped.map((skipped) => {
      // On paper "18 s more" would be untrue a moment later.
      const { title, because, lines } = skippedCard(skipped, run, Infinity);
      return [`Left out: ${title}, ${because}`, ...lines.map(lineText)].join('\n');
    }),
    ...(readers.length === 0
      ? []
      : [
          [
            'Who read it',
            ...readers.map(readerCard).map(({ name, role, declares, source }) => {
              const page = source ? ` (${source.url}, read ${source.asOf})` : '';
              return `   ${name}, ${role}: ${declares.join(' ')}${page}`;
            }),
          ].join('\n'),
        ]),
  ].join('\n\n');
}

function makersLine({ amount, note, list }: NonNullable<AttemptCard['makersList']>): Line {
  const parts = [amount, note, list].filter((part) => part !== null && part !== '');
  return { name: 'by the maker’s list', value: parts.join(', ') };
}

function lineText({ name, value }: Line): string {
  return `   ${name.padEnd(WIDTH)} ${value}`;
}

function cardText(card: AttemptCard): string {
  const sentences = [card.made, card.sentence, card.words].filter(
    (sentence): sentence is string => sentence !== null && sentence !== '',
  );
  return [
    `${card.ordinal + 1}. ${card.title}: ${card.outcome}`,
    ...sentences.map((sentence) => `   ${sentence}`),
    ...card.warnings.map((warning) => `   Note: ${warning}`),
    ...card.lines.map(lineText),
    ...card.costs.map(({ label, reckoning, amount }) =>
      lineText({ name: label, value: `${reckoning} = ${amount}` }),
    ),
    ...card.sums.map(({ name, amount, note }) =>
      lineText({ name, value: note === '' ? amount : `${amount}, ${note}` }),
    ),
    ...(card.makersList === null ? [] : [lineText(makersLine(card.makersList))]),
    ...(card.priceList === null ? [] : [lineText({ name: 'price list', value: card.priceList })]),
    ...(card.requestId === null ? [] : [lineText({ name: 'request id', value: card.requestId })]),
    ...(card.half === null ? [] : [`   ${card.half.title}:`, card.half.text]),
  ].join('\n');
}
