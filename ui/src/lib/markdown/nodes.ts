/**
 * What a piece of Markdown is, once read: plain data that the components draw. No node holds HTML, and
 * every address in a node has passed `safeAddress`, so that nothing downstream has to be careful.
 */

import type { PlacedMark } from './marks';
import type { Places } from './places';

/** Places, and `at`, lead from what is drawn to where it stands in the source of its words. */
export type InlineNode =
  | { kind: 'text'; text: string; places: Places }
  | { kind: 'strong' | 'em' | 'del'; inline: InlineNode[] }
  | { kind: 'code'; text: string; at: number }
  | { kind: 'break' }
  /** Somebody else went on here; the number is that of the seam. */
  | { kind: 'seam'; index: number }
  | { kind: 'link'; href: string; inline: InlineNode[] }
  /** `href` is null where the address is not one that may be opened. Never loaded, only named. */
  | { kind: 'image'; alt: string; href: string | null; at: number }
  | { kind: 'maths'; source: string; display: boolean; at: number }
  /** Words that somebody marked. `isFirst` where the mark begins: it may go on in other nodes. */
  | { kind: 'mark'; mark: PlacedMark; isFirst: boolean; inline: InlineNode[] };

/** `source` is what the words were read from: words of the same source are drawn the same. */
export interface Words {
  source: string;
  inline: InlineNode[];
}

/** A block that is marked as a whole, since there are no words in it to mark. */
interface Markable {
  mark?: PlacedMark;
}

export interface ListItemNode {
  /** Null for an item that is not a task. */
  checked: boolean | null;
  blocks: BlockNode[];
}

export type CellAlignment = 'left' | 'center' | 'right' | null;

export type TableRowNode = Words[];

export type BlockNode =
  | ({ kind: 'paragraph' } & Words)
  /** The text of an item in a list without blank lines, which gets no margins of its own. */
  | ({ kind: 'line' } & Words)
  | ({ kind: 'heading'; level: number } & Words)
  | { kind: 'list'; ordered: boolean; start: number; items: ListItemNode[] }
  | { kind: 'table'; align: CellAlignment[]; header: TableRowNode; rows: TableRowNode[] }
  | ({ kind: 'code'; language: string; text: string; closed: boolean } & Markable)
  | { kind: 'quote'; blocks: BlockNode[] }
  | { kind: 'rule' }
  | ({ kind: 'maths'; source: string } & Markable)
  /** HTML, or something too large or too deep to read: shown letter for letter. */
  | ({ kind: 'raw'; text: string } & Markable);
