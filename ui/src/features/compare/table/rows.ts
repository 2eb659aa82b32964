/** The rows of a round's table: each prompt as often as it was asked. */

import type { CellView, RoundView } from '../../../lib/ipc/gen/types';

export interface TableRow {
  caseIndex: number;
  repeat: number;
  title: string;
  /** By column; a hole where there is no such cell. */
  cells: (CellView | undefined)[];
}

export function rowsOf({ cases, cells, columns, definition }: RoundView): TableRow[] {
  const { repeats } = definition;
  const rows = cases.flatMap(({ title }, caseIndex): TableRow[] =>
    Array.from({ length: repeats }, (_, repeat) => ({
      caseIndex,
      repeat,
      title,
      cells: Array.from({ length: columns.length }, () => undefined),
    })),
  );
  for (const cell of cells) {
    const row = rows[cell.caseIndex * repeats + cell.repeat];
    if (row) row.cells[cell.column] = cell;
  }
  return rows;
}
