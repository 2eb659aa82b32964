/** Rows of variables from the text of a file: CSV with a line of names, or one JSON object a line. */

import type { RowsImport, RowsView } from '../gen/types';
import type { Row } from './compare-definition';

export function importRows({ text, format }: RowsImport): RowsView {
  const kind = format ?? (text.trimStart().startsWith('{') ? 'jsonl' : 'csv');
  return kind === 'jsonl' ? fromLines(text) : fromCsv(text);
}

function fromLines(text: string): RowsView {
  const rows: Row[] = [];
  const problems: string[] = [];
  const names = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error();
      const row: Row = {};
      for (const [name, each] of Object.entries(value)) {
        names.add(name);
        row[name] = typeof each === 'string' ? each : JSON.stringify(each);
      }
      rows.push(row);
    } catch {
      problems.push(`Line ${index + 1} was left out: it is no JSON object.`);
    }
  }
  return { names: [...names], rows, problems };
}

function fromCsv(text: string): RowsView {
  const [names = [], ...records] = recordsOf(text);
  const rows: Row[] = [];
  const problems: string[] = [];
  for (const [index, record] of records.entries()) {
    if (record.length !== names.length) {
      problems.push(
        `Row ${index + 2} was left out: it has ${record.length} fields, and there are ${names.length} names.`,
      );
      continue;
    }
    rows.push(Object.fromEntries(names.map((name, at) => [name, record[at] ?? ''])));
  }
  return { names, rows, problems };
}

/** A field in quotes may hold commas, line breaks and doubled quotes. */
function recordsOf(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const fields = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy;
  for (let match = fields.exec(text); match; match = fields.exec(text)) {
    const [whole, quoted, plain = '', end] = match;
    if (whole === '' && record.length === 0) break;
    record.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    records.push(record);
    record = [];
    if (end === '') break;
  }
  return records.filter((each) => each.length > 1 || each[0] !== '');
}
