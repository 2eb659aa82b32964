/**
 * The runs that are under way, whichever conversation is on screen. A run belongs to Rust: this class
 * only listens, and joins again where something was missed.
 */

import { SvelteMap } from 'svelte/reactivity';

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type { IpcError, MessageView, RunEvent, RunStart, RunStarted } from '../ipc/gen/types';
import { nextFrame, type Frame } from './frame';
import { attachedRun, reduceRun, startedRun, thinkingMillis, type RunState } from './run-reducer';

/** After this many gaps in a row the window stops asking by itself. */
const MOST_ATTACHES = 3;

/**
 * Text that goes on screen in one frame, in characters. More would hold up the window, so what a quick
 * provider sends beyond it waits for the next frame.
 */
const MOST_A_FRAME = 2_000;

/**
 * Where several answers stream beside each other, each frame draws the one that has waited longest, and
 * whichever has waited this long: nobody reads eight at once, and drawing all of them in every frame takes
 * longer than a frame has.
 */
const LONGEST_TURN_MS = 300;

/**
 * How often an answer takes in its words while their end is out of sight. Nobody sees them come, but whoever
 * scrolls there finds them, and the room for them grows.
 */
const UNSEEN_TURN_MS = 1_000;

export class LiveRun {
  readonly runId: string;
  readonly conversationId: string;
  readonly messageId: string;
  state: RunState = $state.raw() as RunState;
  isStopping: boolean = $state(false);
  /** Set where the run goes on, but this window cannot follow it. */
  lost: IpcError | null = $state.raw(null);
  inbox: RunEvent[] = [];
  /** The channel whose events count; those of an older one are passed over. */
  channel = 0;
  isAttaching = false;
  gaps = 0;
  /** When text of it was last put on screen, by the window's clock. */
  drawnAt = -Infinity;
  /** Nobody can see it now: its events wait, so that only what is on screen costs drawing. */
  isOutOfSight = false;
  /** Its header can be seen and its newest words cannot: words wait for a while, all else does not. */
  isEndOutOfSight = false;

  constructor(conversationId: string, state: RunState) {
    this.conversationId = conversationId;
    this.runId = state.runId;
    this.messageId = state.answer.id;
    this.state = state;
  }
}

export interface RunListener {
  /** Exactly once a run, with the answer as it is stored. */
  ended(conversationId: string, answer: MessageView): void;
  /** The run is not known any more, so only what was stored can be shown. */
  vanished(conversationId: string): void;
}

export class Runs {
  /** By the id of the answer. */
  readonly live = new SvelteMap<string, LiveRun>();
  /** How long answers thought that were streamed into this window, by the id of the answer. */
  readonly thinking = new SvelteMap<string, number>();
  readonly #listeners: RunListener[] = [];
  #isScheduled = false;
  #unseenTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly backend: Backend,
    private readonly frame: Frame = nextFrame,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Tells it of every end, for as long as the window lives. */
  listen(listener: RunListener): void {
    this.#listeners.push(listener);
  }

  byMessage(messageId: string): LiveRun | undefined {
    return this.live.get(messageId);
  }

  inConversation(conversationId: string): LiveRun[] {
    return [...this.live.values()].filter((run) => run.conversationId === conversationId);
  }

  async start(request: RunStart): Promise<RunStarted> {
    // Events may overtake the reply.
    const early: RunEvent[] = [];
    const joined: { run?: LiveRun } = {};
    const started = await this.backend.stream('run_start', request, (events) => {
      if (joined.run) this.#receive(joined.run, 0, events);
      else early.push(...events);
    });
    const run = new LiveRun(started.conversation.id, startedRun(started.runId, started.answer));
    joined.run = run;
    this.#set(run);
    this.#receive(run, 0, early);
    return started;
  }

  /** Joins a run that this window did not start, or lost. Does nothing for one that it follows. */
  attach(conversationId: string, answer: MessageView): void {
    const runId = answer.run?.id;
    if (runId === undefined || this.live.has(answer.id)) return;
    const run = new LiveRun(conversationId, startedRun(runId, answer));
    this.#set(run);
    void this.#join(run);
  }

  rejoin(run: LiveRun): void {
    run.gaps = 0;
    run.lost = null;
    void this.#join(run);
  }

  /** What came while it was out of sight is drawn as soon as it is back. */
  setOutOfSight(run: LiveRun, isOutOfSight: boolean): void {
    run.isOutOfSight = isOutOfSight;
    if (!isOutOfSight && run.inbox.length > 0) this.#schedule();
  }

  /** Words that came while its end was out of sight are drawn as soon as that is back. */
  setEndOutOfSight(run: LiveRun, isEndOutOfSight: boolean): void {
    if (run.isEndOutOfSight === isEndOutOfSight) return;
    run.isEndOutOfSight = isEndOutOfSight;
    if (run.inbox.length > 0) this.#schedule();
  }

  async stop(run: LiveRun): Promise<void> {
    if (run.isStopping) return;
    run.isStopping = true;
    try {
      await this.backend.call('run_stop', { runId: run.runId });
    } catch (thrown) {
      run.isStopping = false;
      throw thrown;
    }
  }

  #receive(run: LiveRun, channel: number, events: readonly RunEvent[]): void {
    if (channel !== run.channel) return;
    run.inbox.push(...events);
    const now = this.now();
    if (isReady(run, now)) this.#schedule();
    else this.#lookLater(now);
  }

  /** Once what waits unseen has waited long enough. */
  #lookLater(now: number): void {
    if (this.#unseenTimer !== null) return;
    const waits = [...this.live.values()]
      .filter((run) => !run.isOutOfSight && run.isEndOutOfSight && run.inbox.length > 0)
      .map(({ drawnAt }) => drawnAt + UNSEEN_TURN_MS - now);
    if (waits.length === 0) return;
    this.#unseenTimer = setTimeout(
      () => {
        this.#unseenTimer = null;
        this.#schedule();
      },
      Math.max(0, ...waits),
    );
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.frame(() => {
      this.#isScheduled = false;
      const now = this.now();
      const waiting = [...this.live.values()].filter((run) => isReady(run, now));
      const isDue = (run: LiveRun) => !isUnseen(run) && now - run.drawnAt >= LONGEST_TURN_MS;
      const turns = waiting.filter(isDue);
      const next = waiting.filter((run) => !isDue(run)).sort((a, b) => a.drawnAt - b.drawnAt);
      if (turns.length === 0 || next.some(isUnseen)) turns.push(...next.splice(0, 1));
      for (const run of turns) {
        run.drawnAt = now;
        this.#apply(run);
      }
      if (next.length > 0) this.#schedule();
      else this.#lookLater(now);
    });
  }

  #apply(run: LiveRun): void {
    const many = isUnseen(run) ? run.inbox.length : enoughForFrame(run.inbox);
    const events = run.inbox.splice(0, many);
    if (run.inbox.length > 0) this.#schedule();
    const step = reduceRun(run.state, events, this.now());
    if (step.kind === 'gap') {
      void this.#join(run);
      return;
    }
    run.gaps = 0;
    run.state = step.state;
    if (run.state.isOver) this.#finish(run);
  }

  async #join(run: LiveRun): Promise<void> {
    run.gaps += 1;
    run.channel += 1;
    run.inbox = [];
    if (run.gaps > MOST_ATTACHES) {
      run.lost = toIpcError(new Error('The stream of this answer has gaps.'));
      return;
    }
    run.isAttaching = true;
    const channel = run.channel;
    try {
      const snapshot = await this.backend.stream('run_attach', { runId: run.runId }, (events) =>
        this.#receive(run, channel, events),
      );
      if (channel !== run.channel) return;
      run.state = attachedRun(snapshot, run.state);
      run.isAttaching = false;
      if (snapshot.isOver) this.#finish(run);
      else this.#schedule();
    } catch (thrown) {
      if (channel !== run.channel) return;
      run.isAttaching = false;
      const error = toIpcError(thrown);
      if (error.code === 'not_found') {
        this.#remove(run);
        for (const each of this.#listeners) each.vanished(run.conversationId);
      } else {
        run.lost = error;
      }
    }
  }

  #finish(run: LiveRun): void {
    const thought = thinkingMillis(run.state);
    if (thought !== null) this.thinking.set(run.messageId, thought);
    // The stored answer is put in place before the live one leaves, so that nothing flickers.
    for (const each of this.#listeners) each.ended(run.conversationId, run.state.answer);
    this.#remove(run);
  }

  #set(run: LiveRun): void {
    this.live.set(run.messageId, run);
  }

  #remove(run: LiveRun): void {
    this.live.delete(run.messageId);
  }
}

function isUnseen({ isOutOfSight, isEndOutOfSight }: LiveRun): boolean {
  return isOutOfSight || isEndOutOfSight;
}

/** Whether something of it is to be drawn now. The end of a run is news for everybody, whoever looks. */
function isReady(run: LiveRun, now: number): boolean {
  const { isAttaching, isOutOfSight, isEndOutOfSight, inbox, drawnAt } = run;
  const last = inbox.at(-1);
  if (isAttaching || !last) return false;
  if (last.change.kind === 'ended') return true;
  if (isOutOfSight) return false;
  if (!isEndOutOfSight || now - drawnAt >= UNSEEN_TURN_MS) return true;
  return inbox.some(({ change }) => change.kind !== 'text' && change.kind !== 'reasoning');
}

/** How many of the events fit into one frame; at least one. */
function enoughForFrame(events: readonly RunEvent[]): number {
  let characters = 0;
  for (const [index, { change }] of events.entries()) {
    if (change.kind !== 'text' && change.kind !== 'reasoning') continue;
    if (characters > 0 && characters + change.text.length > MOST_A_FRAME) return index;
    characters += change.text.length;
  }
  return events.length;
}
