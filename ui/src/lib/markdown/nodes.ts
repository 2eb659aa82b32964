/**
 * What a piece of Markdown is, once read: plain data that the components draw. No node holds HTML, and
 * every address in a node has passed `safeAddress`, so that nothing downstream has to be careful.
 */

export type InlineNode =
  | { kind: 'text'; text: string }
  | { kind: 'strong' | 'em' | 'del'; inline: InlineNode[] }
  | { kind: 'code'; text: string }
  | { kind: 'break' }
  /** Somebody else went on here; the number is that of the seam. */
  | { kind: 'seam'; index: number }
  | { kind: 'link'; href: string; inline: InlineNode[] }
  /** `href` is null where the address is not one that may be opened. Never loaded, only named. */
  | { kind: 'image'; alt: string; href: string | null }
  | { kind: 'maths'; source: string; display: boolean };

/** `source` is what the words were read from: words of the same source are drawn the same. */
interface Words {
  source: string;
  inline: InlineNode[];
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
  | { kind: 'code'; language: string; text: string; closed: boolean }
  | { kind: 'quote'; blocks: BlockNode[] }
  | { kind: 'rule' }
  | { kind: 'maths'; source: string }
  /** HTML, or something too large or too deep to read: shown letter for letter. */
  | { kind: 'raw'; text: string };
