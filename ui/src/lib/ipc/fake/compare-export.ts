/** A round as a text to be kept. The engine writes more; what the window needs of it is here. */

import type { FakeRound } from './compare-round';

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function exportRound(round: FakeRound, format: string): string {
  const { name } = round.definition;
  const lines = round.cells.map(({ caseIndex, column, state, message }) => ({
    prompt: round.cases[caseIndex]?.prompt ?? '',
    column: round.nameOf(column),
    state,
    text: message?.text ?? '',
  }));
  switch (format) {
    case 'json':
      return JSON.stringify({ name, answers: lines }, null, 2);
    case 'csv':
      return [
        'prompt,column,state,answer',
        ...lines.map((line) => Object.values(line).map(quoted).join(',')),
      ].join('\n');
    case 'html':
      return `<!doctype html><title>${escaped(name)}</title>${lines
        .map(({ column, text }) => `<h2>${escaped(column)}</h2><pre>${escaped(text)}</pre>`)
        .join('')}`;
    default:
      return [`# ${name}`, ...lines.map(({ column, text }) => `## ${column}\n\n${text}`)].join(
        '\n\n',
      );
  }
}
