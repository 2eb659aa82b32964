/** A difference as rows that stand side by side: what is the same on both sides keeps the same height. */

import type { Piece, TextDifference } from './difference';

export interface RowPiece extends Piece {
  /** The number of the change it belongs to, from 1; null for what is the same. */
  change: number | null;
}

interface DifferenceRow {
  isCode: boolean;
  pieces: readonly RowPiece[];
}

export interface DifferenceRows {
  rows: readonly DifferenceRow[];
  /** How many changes there are. */
  changes: number;
}

export function rowsOf({ parts }: TextDifference): DifferenceRows {
  const rows: DifferenceRow[] = [];
  let changes = 0;
  for (const { kind, pieces } of parts) {
    const isCode = kind === 'code';
    let row: RowPiece[] = [];
    let isChanging = false;
    const end = () => {
      if (row.length > 0) rows.push({ isCode, pieces: row });
      row = [];
    };
    for (const { kind: pieceKind, text } of pieces) {
      if (pieceKind !== 'same') {
        if (!isChanging) changes += 1;
        isChanging = true;
        row.push({ kind: pieceKind, text, change: changes });
        continue;
      }
      isChanging = false;
      for (const line of aroundLines(text)) {
        if (line === '') end();
        else row.push({ kind: 'same', text: line, change: null });
      }
    }
    end();
  }
  return { rows, changes };
}

/** Up to the first line end, all whole lines, and the rest, with empty texts where a row ends. */
function aroundLines(text: string): string[] {
  const first = text.indexOf('\n') + 1;
  if (first === 0) return [text];
  const last = text.lastIndexOf('\n') + 1;
  const parts = [text.slice(0, first), ''];
  if (last > first) parts.push(text.slice(first, last), '');
  if (last < text.length) parts.push(text.slice(last));
  return parts;
}

/** What one change takes out and puts in. */
export function changeTexts(
  { rows }: DifferenceRows,
  change: number,
): { deleted: string; inserted: string } {
  const pieces = rows.flatMap((row) => row.pieces.filter((piece) => piece.change === change));
  const of = (kind: Piece['kind']) =>
    pieces
      .filter((piece) => piece.kind === kind)
      .map(({ text }) => text)
      .join('');
  return { deleted: of('deleted'), inserted: of('inserted') };
}

/** How many words stand in pieces of a kind. */
export function countWords({ rows }: DifferenceRows, kind: Piece['kind']): number {
  let count = 0;
  for (const { pieces } of rows) {
    for (const piece of pieces) {
      if (piece.kind === kind) count += piece.text.match(/\S+/g)?.length ?? 0;
    }
  }
  return count;
}
