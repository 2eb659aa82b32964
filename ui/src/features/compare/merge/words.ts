/** Merged answers in words. */

import type { MergedView } from '../../../lib/ipc/gen/types';

export type MergeKind = 'fuse' | 'checklist' | 'table';

export const MERGE_KINDS: readonly { value: MergeKind; label: string; explanation: string }[] = [
  { value: 'fuse', label: 'One text', explanation: 'The best of each, written as one answer.' },
  {
    value: 'checklist',
    label: 'A checklist',
    explanation: 'What all say, what only one says, and what is in dispute.',
  },
  { value: 'table', label: 'A table', explanation: 'Claim by claim, who says what.' },
];

/** "One text", "Stitched by hand". */
export function mergedName({ kind }: Pick<MergedView, 'kind'>): string {
  if (kind === 'stitched') return 'Stitched by hand';
  return MERGE_KINDS.find(({ value }) => value === kind)?.label ?? 'Merged';
}
