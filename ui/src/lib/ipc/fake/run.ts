/** Plays a script, tells whoever listens, and can be joined late. */

import type { MessageView, RunChange, RunEvent, RunSnapshot } from '../gen/types';
import { reduceRun, startedRun, type RunState } from '../../state/run-reducer';
import { receiptOf, type Ending, type Script } from './script';

type Listener = (events: RunEvent[]) => void;

export class FakeRun {
  readonly conversationId: string;
  #state: RunState;
  readonly #script: Script;
  #listeners: Listener[] = [];
  #next = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    conversationId: string,
    runId: string,
    answer: MessageView,
    script: Script,
    private readonly tickMillis: number,
    private readonly onChange: (answer: MessageView, isOver: boolean) => void,
  ) {
    this.conversationId = conversationId;
    this.#state = startedRun(runId, answer);
    this.#script = script;
  }

  listen(listener: Listener): RunSnapshot {
    this.#listeners.push(listener);
    const { runId, nextSequence, answer, isOver } = this.#state;
    return { runId, nextSequence, answer, isOver };
  }

  play(): void {
    const step = this.#script.steps[this.#next];
    if (!step) {
      this.#end(this.#script.ending);
      return;
    }
    this.#timer = setTimeout(() => {
      this.#next += 1;
      this.#emit(step.change);
      this.play();
    }, step.ticks * this.tickMillis);
  }

  stop(): void {
    if (this.#state.isOver) return;
    clearTimeout(this.#timer);
    const attempts = this.#state.answer.run?.receipt.attempts ?? [];
    const last = attempts.at(-1);
    if (last?.status === 'running') {
      this.#emit({
        kind: 'settled',
        attempt: { ...last, status: 'stopped', totalMillis: 1_400, tokensPerSecond: 90 },
      });
    }
    this.#end({ status: 'stopped', failure: null });
  }

  #end({ status, failure }: Ending): void {
    const answer = this.#state.answer;
    const run = answer.run && {
      ...answer.run,
      failure,
      receipt: receiptOf(answer.run.receipt.attempts),
    };
    this.#emit({ kind: 'ended', answer: { ...answer, status, run } });
  }

  #emit(change: RunChange): void {
    const event = { sequence: this.#state.nextSequence, change };
    const step = reduceRun(this.#state, [event], 0);
    if (step.kind === 'gap') return;
    this.#state = step.state;
    this.onChange(this.#state.answer, this.#state.isOver);
    for (const listener of this.#listeners) listener([event]);
  }
}
