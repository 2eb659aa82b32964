/** What the tabs of the view know of the view itself. */

import type { SpendQuery } from '../../lib/ipc/gen/types';

export interface SpendSeam {
  /** The span that is looked at, and what in it. */
  readonly query: SpendQuery;
  /** Shows the answers behind a figure. */
  openAnswers: (query: SpendQuery, title: string) => void;
}
