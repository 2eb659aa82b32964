/** Work that is asked for often and done at most once in a while, and once more at the end. */

export class Pace {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWanted = false;

  constructor(
    private readonly everyMillis: number,
    private readonly work: () => void,
  ) {}

  ask(): void {
    if (this.#timer !== undefined) {
      this.#isWanted = true;
      return;
    }
    this.work();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isWanted) return;
      this.#isWanted = false;
      this.ask();
    }, this.everyMillis);
  }
}
