/** Where an answer has its sections, for those who scroll several answers side by side. */

import type { BlockNode, InlineNode, Words } from './nodes';

/** A line in bold is a heading to whoever reads it, up to this length. */
const LONGEST_BOLD_HEADING = 100;

/**
 * The titles of the sections that blocks begin, null for a block that begins none. What comes before the
 * first is a section as well.
 */
export function sectionTitles(blocks: readonly BlockNode[]): (string | null)[] {
  return blocks.map((block, index) => {
    if (block.kind === 'heading') return plainText(block.inline).trim();
    // A bold line with nothing below it is an answer, and no heading.
    const isLast = index === blocks.length - 1;
    return isLast || block.kind !== 'paragraph' ? null : boldTitle(block);
  });
}

function boldTitle({ source, inline }: Words): string | null {
  const [only] = inline;
  if (source.length > LONGEST_BOLD_HEADING || inline.length !== 1) return null;
  return only?.kind === 'strong' ? plainText([only]).trim() : null;
}

/** For each block the number of the section it begins, from 1, or null. */
export function sectionNumbers(blocks: readonly BlockNode[]): (number | null)[] {
  let count = 0;
  return sectionTitles(blocks).map((title) => (title === null ? null : (count += 1)));
}

/** The words alone. */
export function plainText(nodes: readonly InlineNode[]): string {
  return nodes.map(plainOne).join('');
}

function plainOne(node: InlineNode): string {
  switch (node.kind) {
    case 'text':
    case 'code':
      return node.text;
    case 'maths':
      return node.source;
    case 'image':
      return node.alt;
    case 'break':
      return '\n';
    case 'seam':
      return '';
    default:
      return plainText(node.inline);
  }
}
