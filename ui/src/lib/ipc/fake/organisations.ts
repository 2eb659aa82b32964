/** What organisations were charged in the fake: one that was read, and one without an admin key. */

import type { PlainName, Reply, Request } from '../backend';
import type { KeyView, OrganisationDayView, OrganisationView, SpendSums } from '../gen/types';
import { refuse } from './refuse';

type OrganisationName = Extract<PlainName, `admin_key_${string}` | `organisation_${string}`>;
export type OrganisationHandlers = {
  [Name in OrganisationName]: (request: Request<Name>) => Reply<Name>;
};

const DAY = 24 * 3_600_000;
const NO_KEY: KeyView = { source: 'none', variable: null, problem: null };

interface Maker {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly keyUrl: string;
  readonly note: string;
  source: string;
  readAt: number | null;
  failure: string | null;
}

export class FakeOrganisations {
  readonly #makers: Maker[];

  constructor(isSeeded: boolean) {
    this.#makers = isSeeded
      ? [
          {
            id: 'openai',
            name: 'OpenAI',
            prefix: 'sk-admin-',
            keyUrl: 'https://platform.openai.com/settings/organization/admin-keys',
            note: 'Its costs are all that the organisation was billed, not chats alone, and come late.',
            source: 'keychain',
            readAt: Date.now() - 2 * 3_600_000,
            failure: null,
          },
          {
            id: 'anthropic',
            name: 'Anthropic',
            prefix: 'sk-ant-admin',
            keyUrl: 'https://platform.claude.com/settings/admin-keys',
            note: 'Its costs leave out the priority tier; an account of one person has none.',
            source: 'none',
            readAt: null,
            failure: null,
          },
        ]
      : [];
  }

  readonly handlers: OrganisationHandlers = {
    organisation_list: () => this.#makers.map(view),
    organisation_read: ({ providerId }) => {
      const maker = this.#maker(providerId);
      if (maker.source === 'none') {
        refuse('invalid_input', `There is no admin key for ${maker.name}.`, 'Add one.', 'key');
      }
      if (maker.failure === null) maker.readAt = Date.now();
      return view(maker);
    },
    admin_key_set: ({ providerId, key, sessionOnly }) => {
      const maker = this.#maker(providerId);
      if (!key.startsWith(maker.prefix)) {
        refuse(
          'invalid_input',
          `This is no admin key of ${maker.name}: those begin with ${maker.prefix}.`,
          'Somebody who manages the organisation makes one on the provider’s page.',
          'key',
        );
      }
      maker.source = sessionOnly ? 'session' : 'keychain';
      maker.readAt = null;
      maker.failure = key.includes('-wrong-')
        ? `${maker.name} does not take this as an admin key.`
        : null;
      return null;
    },
    admin_key_delete: ({ providerId }) => {
      Object.assign(this.#maker(providerId), { source: 'none', readAt: null, failure: null });
      return null;
    },
  };

  #maker(id: string): Maker {
    return (
      this.#makers.find((each) => each.id === id) ??
      refuse('not_found', 'That provider is not there any more.', '')
    );
  }
}

/** Twelve days, of which the second newest has more there than here. */
function days(): OrganisationDayView[] {
  return Array.from({ length: 12 }, (_, index) => {
    const ours = 180_000_000 + index * 7_350_000;
    const theirs = index === 1 ? ours + 96_000_000 : ours;
    return {
      day: new Date(Date.now() - (index + 1) * DAY).toISOString().slice(0, 10),
      theirsNanoUsd: theirs,
      oursNanoUsd: ours,
      ourAttempts: 40 + index,
      ourUnknown: index === 1 ? 1 : 0,
      driftPercent: (100 * (ours - theirs)) / theirs,
      differs: theirs !== ours,
      theirTokens: 61_000 + index * 812 + (index === 1 ? 22_400 : 0),
      ourTokens: 61_000 + index * 812,
      theirRequests: 40 + index + (index === 1 ? 9 : 0),
    };
  });
}

function view(maker: Maker): OrganisationView {
  const { id, name, prefix, keyUrl, note, source, readAt, failure } = maker;
  const all = readAt === null ? [] : days();
  const sum = (of: (day: OrganisationDayView) => number) =>
    all.reduce((total, day) => total + of(day), 0);
  const [theirs, ours] = [sum((day) => day.theirsNanoUsd ?? 0), sum((day) => day.oursNanoUsd)];
  const attempts = sum((day) => day.ourAttempts);
  const sums: SpendSums = {
    knownNanoUsd: ours,
    reportedNanoUsd: 0,
    computedNanoUsd: ours,
    estimatedNanoUsd: 0,
    attempts,
    reported: 0,
    computed: attempts,
    estimated: 0,
    unknown: readAt === null ? 0 : 1,
    answered: attempts,
    failed: 0,
    wastedNanoUsd: 0,
  };
  const unread =
    source === 'none'
      ? `With an admin key ${name} tells what the whole organisation was charged on each day.`
      : 'The costs of these days were not read yet.';
  return {
    providerId: id,
    providerName: name,
    key: { ...NO_KEY, source },
    keyPrefix: prefix,
    keyUrl,
    note,
    readAt,
    failedAt: failure === null ? null : Date.now(),
    failure,
    from: all.at(-1)?.day ?? null,
    to: all[0]?.day ?? null,
    theirsNanoUsd: readAt === null ? null : theirs,
    ours: sums,
    driftPercent: readAt === null ? null : (100 * (ours - theirs)) / theirs,
    words:
      readAt === null
        ? unread
        : `${name} says $2.74, the ledger $2.65: $0.0960 less. One day differs.`,
    reasons:
      readAt === null
        ? []
        : [
            '1 attempt has no known cost here; a price makes them known.',
            'The provider counted 22,400 tokens more, so something else asked it too.',
            'The costs are the whole organisation’s: its other keys, programs and people count too.',
          ],
    days: all,
  };
}
