/** What stands behind the figures of the fake: costs nobody knows, balances, bills and changes of history. */

import type { PlainName, Reply, Request } from '../backend';
import type {
  AuditView,
  ReconcileView,
  RepriceRequest,
  RepriceView,
  SpendSums,
  StoreChanged,
  UnknownView,
  UsageImport,
  UsageImportLine,
  UsageImportView,
} from '../gen/types';
import { refuse } from './refuse';

type ProofName = Extract<
  PlainName,
  'audit_list' | 'reconcile_list' | 'spend_reprice' | 'unknown_list' | `usage_import${string}`
>;
export type ProofHandlers = { [Name in ProofName]: (request: Request<Name>) => Reply<Name> };

export interface ProofSurroundings {
  providerName: (providerId: string) => string | undefined;
  /** The newest answer there is, so that a row of a bill leads to a receipt. */
  someRun: () => string | null;
  changed: (change: Partial<StoreChanged>) => void;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KNOWN = 6_204_100_000;

export class FakeProof {
  #unknown: UnknownView[];
  #audits: AuditView[];
  #imports: UsageImportView[] = [];
  #known = KNOWN;
  #nextId = 1;

  constructor(
    private readonly around: ProofSurroundings,
    private readonly isSeeded: boolean,
  ) {
    const now = Date.now();
    this.#unknown = isSeeded ? unknowns(now) : [];
    this.#audits = isSeeded ? audits(now) : [];
  }

  readonly handlers: ProofHandlers = {
    unknown_list: () => this.#unknown,
    spend_reprice: (request) => this.#reprice(request),
    audit_list: () => this.#audits,
    reconcile_list: () => (this.isSeeded ? reconciled(Date.now()) : []),
    usage_import: (file) => this.#import(file),
    usage_import_list: () => this.#imports,
    usage_import_delete: ({ importId }) => {
      if (!this.#imports.some((each) => each.importId === importId)) {
        refuse('not_found', 'That import is not there any more.', '');
      }
      this.#imports = this.#imports.filter((each) => each.importId !== importId);
      return null;
    },
  };

  #reprice({ endpoint, which, isTrial }: RepriceRequest): RepriceView {
    const touched = this.#unknown.filter(
      (each) =>
        each.hasPrice &&
        (endpoint === null ||
          (each.endpoint.providerId === endpoint.providerId &&
            each.endpoint.model === endpoint.model)),
    );
    const unknownBefore = this.#unknown.reduce((sum, { attempts }) => sum + attempts, 0);
    const priced = touched.reduce((sum, { withTokens }) => sum + withTokens, 0);
    const added = touched.reduce((sum, { wouldBeNanoUsd }) => sum + (wouldBeNanoUsd ?? 0), 0);
    const before = this.#known;
    const view: RepriceView = {
      lookedAt: which === 'all' ? 1_284 : touched.reduce((sum, { attempts }) => sum + attempts, 0),
      changed: priced,
      beforeNanoUsd: before,
      afterNanoUsd: before + added,
      unknownBefore,
      unknownAfter: unknownBefore - priced,
      auditId: null,
    };
    if (isTrial || priced === 0) return view;
    this.#known += added;
    this.#unknown = this.#unknown.flatMap((each) => {
      if (!touched.includes(each)) return [each];
      const attempts = each.attempts - each.withTokens;
      return attempts === 0 ? [] : [{ ...each, attempts, withTokens: 0, wouldBeNanoUsd: null }];
    });
    const auditId = `audit-new-${this.#nextId}`;
    this.#nextId += 1;
    this.#audits = [
      {
        auditId,
        at: Date.now(),
        words: 'Attempts without a cost were priced by the prices of today.',
        changed: priced,
        beforeNanoUsd: before,
        afterNanoUsd: this.#known,
      },
      ...this.#audits,
    ];
    this.around.changed({ spend: true });
    return { ...view, auditId };
  }

  #import({ providerId, name, text }: UsageImport): UsageImportView {
    const provider = this.around.providerName(providerId);
    if (provider === undefined) {
      refuse('not_found', 'That provider is not there any more.', 'Choose another.', 'providerId');
    }
    const rows = text.split('\n').filter((line) => line.trim() !== '');
    if (!/^[\w "]+,/.test(rows[0] ?? '')) {
      refuse(
        'invalid_input',
        'This is no list of usage that Patchbay can read.',
        'Export the usage as CSV on the provider’s page; OpenRouter, OpenAI and Anthropic are known.',
        'text',
      );
    }
    const lines = importLines(this.around.someRun());
    const count = (verdict: string) => lines.filter((line) => line.verdict === verdict).length;
    const view: UsageImportView = {
      importId: `import-${this.#nextId}`,
      providerId,
      providerName: provider,
      name,
      createdAt: Date.now(),
      format: `${provider} activity`,
      grain: 'request',
      from: '2026-11-01',
      to: '2026-11-25',
      rows: rows.length - 1,
      unreadable: rows.filter((line) => line.includes('?')).length,
      matched: count('equal') + count('differs'),
      onlyTheirs: count('only_theirs'),
      onlyOurs: count('only_ours'),
      theirsNanoUsd: 3_452_000_000,
      oursNanoUsd: 3_410_000_000,
      driftPercent: -1.22,
      lines,
    };
    this.#nextId += 1;
    this.#imports = [view, ...this.#imports];
    return view;
  }
}

function unknowns(now: number): UnknownView[] {
  return [
    {
      endpoint: { providerId: 'together', model: 'gpt-oss-120b' },
      providerName: 'Together',
      attempts: 14,
      withTokens: 12,
      firstAt: now - 19 * DAY,
      lastAt: now - 2 * HOUR,
      because: 'No list had a price for it when it was asked.',
      hasPrice: true,
      wouldBeNanoUsd: 8_412_000,
    },
    {
      endpoint: { providerId: 'openrouter', model: 'moonshotai/kimi-k2' },
      providerName: 'OpenRouter',
      attempts: 9,
      withTokens: 0,
      firstAt: now - 4 * DAY,
      lastAt: now - DAY,
      because: 'The answers were stopped before the provider counted their tokens.',
      hasPrice: true,
      wouldBeNanoUsd: null,
    },
    {
      endpoint: { providerId: 'nanogpt', model: 'qwen/qwen3-max' },
      providerName: 'NanoGPT',
      attempts: 2,
      withTokens: 2,
      firstAt: now - 3 * DAY,
      lastAt: now - 3 * DAY,
      because: 'No list has a price for it.',
      hasPrice: false,
      wouldBeNanoUsd: null,
    },
  ];
}

function audits(now: number): AuditView[] {
  return [
    {
      auditId: 'audit-2',
      at: now - 6 * DAY,
      words: 'Attempts through NanoGPT were priced by the price that you set.',
      changed: 38,
      beforeNanoUsd: 5_870_100_000,
      afterNanoUsd: 5_912_300_000,
    },
    {
      auditId: 'audit-1',
      at: now - 12 * DAY,
      words: 'OpenRouter told later what 2 answers cost; its figure took the place of ours.',
      changed: 2,
      beforeNanoUsd: 4_101_000_000,
      afterNanoUsd: 4_100_200_000,
    },
  ];
}

const sums = (known: number, attempts: number, unknown = 0): SpendSums => ({
  knownNanoUsd: known,
  reportedNanoUsd: known,
  computedNanoUsd: 0,
  estimatedNanoUsd: 0,
  attempts,
  reported: attempts - unknown,
  computed: 0,
  estimated: 0,
  unknown,
  answered: attempts,
  failed: 0,
  wastedNanoUsd: 0,
});

function reconciled(now: number): ReconcileView[] {
  const readings = (words: readonly string[]) =>
    words.map((each, index) => ({ at: now - index * 3 * DAY - 2 * HOUR, words: each }));
  return [
    {
      providerId: 'openrouter',
      providerName: 'OpenRouter',
      keyId: 'slot-1',
      keyLabel: 'work',
      canAsk: true,
      from: now - 9 * DAY,
      to: now - 2 * HOUR,
      theirsNanoUsd: 3_452_000_000,
      ours: sums(3_410_000_000, 612, 9),
      driftPercent: -1.22,
      words: 'We know of $0.0420 less than OpenRouter’s figures say.',
      reasons: [
        '9 attempts were stopped before their cost was told; they are charged all the same.',
        'Another program may use the same key.',
      ],
      readings: readings(['$4.12 left of $20.00', '$5.30 left', '$6.91 left', '$7.57 left']),
    },
    {
      providerId: 'deepseek',
      providerName: 'DeepSeek',
      keyId: 'slot-1',
      keyLabel: 'home',
      canAsk: true,
      from: now - 3 * DAY,
      to: now - 2 * HOUR,
      theirsNanoUsd: 380_000_000,
      ours: sums(380_000_000, 71),
      driftPercent: 0,
      words: 'Both figures agree to the cent.',
      reasons: [],
      readings: readings(['$1.80 left', '$2.18 left']),
    },
    {
      providerId: 'nanogpt',
      providerName: 'NanoGPT',
      keyId: 'slot-1',
      keyLabel: 'main',
      canAsk: true,
      from: null,
      to: now - 2 * HOUR,
      theirsNanoUsd: null,
      ours: sums(9_120_000, 41),
      driftPercent: null,
      words: 'There is only one reading of the balance yet, so nothing can be subtracted.',
      reasons: [],
      readings: readings(['$2.05 left']),
    },
    {
      providerId: 'google',
      providerName: 'Google AI Studio',
      keyId: 'slot-1',
      keyLabel: 'home',
      canAsk: false,
      from: null,
      to: null,
      theirsNanoUsd: null,
      ours: sums(840_000_000, 632),
      driftPercent: null,
      words: 'Google tells nobody a balance by key. Its list of usage can be imported instead.',
      reasons: [],
      readings: [],
    },
  ];
}

function importLines(runId: string | null): UsageImportLine[] {
  const line = (
    verdict: string,
    when: string,
    model: string,
    [theirTokens, ourTokens]: readonly [number | null, number | null],
    [theirNanoUsd, ourNanoUsd]: readonly [number | null, number | null],
    because: string | null = null,
  ): UsageImportLine => ({
    verdict,
    when,
    model,
    theirTokens,
    ourTokens,
    theirNanoUsd,
    ourNanoUsd,
    runId: verdict === 'only_theirs' ? null : runId,
    because,
  });
  const claude = 'anthropic/claude-sonnet-4.6';
  const equal = Array.from({ length: 24 }, (_, index) =>
    line(
      'equal',
      `2026-11-${String(24 - Math.floor(index / 2)).padStart(2, '0')} ${String(9 + (index % 9)).padStart(2, '0')}:41:07`,
      index % 3 === 0 ? claude : 'deepseek/deepseek-reasoner',
      [800 + index * 17, 800 + index * 17],
      [6_200_000 + index * 41_000, 6_200_000 + index * 41_000],
    ),
  );
  return [
    line(
      'differs',
      '2026-11-25 09:41:07',
      claude,
      [1_204, 1_204],
      [9_300_000, 6_200_000],
      'The list of that day had another price; the bill is what counts.',
    ),
    line(
      'differs',
      '2026-11-24 18:02:55',
      claude,
      [2_310, 1_980],
      [14_100_000, 12_000_000],
      'It was stopped: the provider went on writing for a moment.',
    ),
    line(
      'only_theirs',
      '2026-11-23 07:15:00',
      'openai/gpt-6.1',
      [412, null],
      [1_200_000, null],
      'Nothing was sent from this computer then: another program uses the same key.',
    ),
    line(
      'only_ours',
      '2026-11-22 21:30:12',
      'deepseek/deepseek-reasoner',
      [null, 96],
      [null, 40_000],
      'It failed, and the provider bills no failures.',
    ),
    ...equal,
  ];
}
