/** Rows of a table in the order of one of its columns. */

export interface Sorting {
  column: string;
  isDown: boolean;
}

/** The same column the other way round; another one with its largest first. */
export function turned(sorting: Sorting, column: string): Sorting {
  return sorting.column === column ? { column, isDown: !sorting.isDown } : { column, isDown: true };
}

/** What nobody knows comes last, whichever way round. */
export function sorted<Row>(
  rows: readonly Row[],
  { column, isDown }: Sorting,
  valueOf: (row: Row, column: string) => string | number | null,
): Row[] {
  return rows.toSorted((left, right) => {
    const first = valueOf(left, column);
    const second = valueOf(right, column);
    if (first === null || second === null) {
      return Number(first === null) - Number(second === null);
    }
    const order =
      typeof first === 'string' || typeof second === 'string'
        ? String(first).localeCompare(String(second))
        : first - second;
    return isDown ? -order : order;
  });
}
