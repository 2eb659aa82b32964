/** What the past can be asked for: rounds held against each other, and real questions for another model. */

import type { Backend } from '../ipc/backend';
import type {
  AgainstView,
  CaseView,
  ComparisonEstimate,
  DefinitionView,
  ReplayOutcomeView,
  ReplayRequest,
  ReplayView,
  RoundView,
} from '../ipc/gen/types';
import type { Comparisons } from './comparisons.svelte';
import type { CasePlace } from './opened-round.svelte';

export class Past {
  constructor(
    private readonly backend: Backend,
    readonly comparisons: Comparisons,
  ) {}

  /** Real questions from history, and what their time would have cost on another model. */
  prepareReplay(request: ReplayRequest): Promise<ReplayView> {
    return this.backend.call('replay_prepare', request);
  }

  /** What the time that a replay stands for would have cost, told from its answers. */
  outcomeOf(roundId: string): Promise<ReplayOutcomeView> {
    return this.backend.call('replay_outcome', { roundId });
  }

  estimateOf(definition: DefinitionView): Promise<ComparisonEstimate> {
    return this.backend.call('comparison_estimate', { definition });
  }

  /** Keeps a comparison, begins a round of it, and opens that with the names hidden. */
  async runBlind(definition: DefinitionView): Promise<void> {
    const { id } = await this.backend.call('comparison_save', { comparisonId: null, definition });
    try {
      await this.backend.call('comparison_start', { comparisonId: id });
    } catch (thrown) {
      // What could not begin is not left in the list, or every try would leave one more.
      await this.backend.call('comparison_delete', { comparisonId: id });
      throw thrown;
    }
    this.comparisons.shown.isBlindOn = true;
    await this.comparisons.open(id);
  }

  /** Holds a round against an older one. */
  against(olderRoundId: string, newerRoundId: string): Promise<AgainstView> {
    return this.backend.call('round_against', { olderRoundId, newerRoundId });
  }

  /** Any round, without showing it. */
  readRound(roundId: string): Promise<RoundView> {
    return this.backend.call('round_open', { roundId });
  }

  /** Any case, without showing it. */
  readCase(roundId: string, place: CasePlace): Promise<CaseView> {
    return this.backend.call('case_open', { roundId, ...place });
  }
}
