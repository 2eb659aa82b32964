import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { tick } from 'svelte';
import { beforeEach, describe, expect, it } from 'vitest';

import { FakeBackend } from '../../lib/ipc/fake/backend';
import type { BudgetScopeView, BudgetStage, BudgetStanding } from '../../lib/ipc/gen/types';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import SpendLine from './SpendLine.svelte';

const user = userEvent.setup();
const CENT = 10_000_000;

function standing(
  stage: BudgetStage,
  rest: Partial<BudgetStanding> = {},
  scope: BudgetScopeView = { kind: 'everything' },
): BudgetStanding {
  return {
    budget: {
      budgetId: 'b',
      scope,
      period: 'day',
      limit: '1.00',
      warnsAt: 80,
      savesAt: 90,
      savesWithRouteId: null,
      stops: true,
      refusesUnknown: false,
    },
    name: 'Everything',
    limitNanoUsd: 100 * CENT,
    spentNanoUsd: 41 * CENT,
    reservedNanoUsd: 9 * CENT,
    unknown: 0,
    stage,
    paceNanoUsd: null,
    resetsAt: 0,
    words: 'As Rust says it.',
    ...rest,
  };
}

async function drawn(budget: BudgetStanding | null) {
  const app = new WindowState(new FakeBackend());
  app.spendToday.set({
    todayNanoUsd: 41 * CENT,
    todayUnknown: 2,
    todayEstimated: false,
    monthNanoUsd: 620 * CENT,
    monthUnknown: 2,
    budget,
  });
  const { container } = render(SpendLine, { context: new Map([[STATE_KEY, app]]) });
  await tick();
  const widths = [...container.querySelectorAll<HTMLElement>('.part')].map(
    ({ style }) => style.width,
  );
  return { app, widths, text: container.textContent.replace(/\s+/g, ' ') };
}

beforeEach(() => document.body.replaceChildren());

describe('the line beside the views', () => {
  it('has no bar without a budget, and opens spend', async () => {
    const { app, widths, text } = await drawn(null);
    expect(widths).toEqual([]);
    expect(text).toContain('$0.4100');
    expect(text).toContain('2 answers of unknown cost');
    await user.click(screen.getByRole('button', { name: /Open Spend/ }));
    expect(app.application.view.kind).toBe('spend');
  });

  it('draws what is spent and what is on its way against the limit', async () => {
    const { widths, text } = await drawn(standing('fine'));
    expect(widths).toEqual(['41%', '9%']);
    expect(text).toContain('of $1.00 budget');
    expect(text).toContain('As Rust says it.');
  });

  it('never reaches beyond its end, and says that it is spent', async () => {
    const { widths, text } = await drawn(standing('spent', { spentNanoUsd: 130 * CENT }));
    expect(widths).toEqual(['100%', '0%']);
    expect(text).toContain('budget spent');
    expect((await drawn(standing('warned', { spentNanoUsd: 95 * CENT }))).widths).toEqual([
      '95%',
      '5%',
    ]);
  });

  it('says whose budget it is, and of which time', async () => {
    const month = standing('warned', {}, { kind: 'provider', providerId: 'openrouter' });
    month.budget.period = 'month';
    month.name = 'OpenRouter';
    const { text } = await drawn(month);
    expect(text).toContain('OpenRouter: $0.4100 of $1.00 budget this month');
    expect(text).toContain('nearly spent');
  });
});
