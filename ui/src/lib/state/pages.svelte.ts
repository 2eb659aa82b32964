/** A list that is read page by page, newest first: what was found so far, and whether there is more. */

import { toIpcError } from '../ipc/errors';
import type { IpcError } from '../ipc/gen/types';

export const PAGE = 50;
/** The most that the backend gives at once. */
const MOST_AT_ONCE = 200;

export abstract class Pages<Line> {
  found: readonly Line[] = $state.raw([]);
  hasLoaded: boolean = $state(false);
  hasMore: boolean = $state(false);
  isReadingMore: boolean = $state(false);
  error: IpcError | null = $state.raw(null);

  /** Counts the questions, so that an answer that was overtaken is dropped. */
  #asked = 0;

  /**
   * Asks for those after `last`, or for the first ones; `null` where what is looked for cannot be read,
   * and what was found last stays.
   */
  protected abstract find(last: Line | null, limit: number): Promise<readonly Line[]> | null;

  /** Reads again what is shown, as much of it as there was. */
  refresh(): Promise<void> {
    return this.search(Math.min(Math.max(this.found.length, PAGE), MOST_AT_ONCE));
  }

  async more(): Promise<void> {
    const last = this.found.at(-1);
    if (!last || this.isReadingMore) return;
    const finding = this.find(last, PAGE);
    if (!finding) return;
    const asked = this.#asked;
    this.isReadingMore = true;
    try {
      const page = await finding;
      if (asked !== this.#asked) return;
      this.found = [...this.found, ...page];
      this.hasMore = page.length === PAGE;
      this.error = null;
    } catch (thrown) {
      if (asked === this.#asked) this.error = toIpcError(thrown);
    } finally {
      this.isReadingMore = false;
    }
  }

  /** Reads from the beginning. */
  protected async search(limit: number = PAGE): Promise<void> {
    const finding = this.find(null, limit);
    if (!finding) return;
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const found = await finding;
      if (asked !== this.#asked) return;
      this.found = found;
      this.hasMore = found.length === limit;
      this.error = null;
    } catch (thrown) {
      if (asked === this.#asked) this.error = toIpcError(thrown);
    }
    if (asked === this.#asked) this.hasLoaded = true;
  }
}
