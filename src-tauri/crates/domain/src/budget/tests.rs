//! Budgets: where they stand, and what they leave.

use proptest::prelude::*;

use super::*;

fn budget(limit: i64, scope: Scope) -> Budget {
    Budget {
        id: BudgetId::from_bytes([1; 16]),
        scope,
        period: Period::Month,
        limit: NanoUsd(limit),
        warns_at: Some(75),
        saves_at: Some(90),
        saves_with: None,
        stops: true,
        refuses_unknown: true,
    }
}

fn used(spent: i64, reserved: i64) -> Used {
    Used {
        spent: NanoUsd(spent),
        reserved: NanoUsd(reserved),
        unknown: 0,
    }
}

fn held(name: &str, budget: Budget, spent: i64) -> Held {
    Held {
        budget,
        name: name.to_owned(),
        used: used(spent, 0),
    }
}

fn provider(id: &str) -> Scope {
    Scope::Provider {
        provider: ProviderId::new(id),
    }
}

#[test]
fn stages_follow_each_other_and_what_is_on_its_way_counts() {
    let budget = budget(100, Scope::Everything);
    let stage = |spent, reserved| budget.stage(&used(spent, reserved));
    assert_eq!(stage(74, 0), Stage::Fine);
    assert_eq!(stage(74, 1), Stage::Warned);
    assert_eq!(stage(89, 0), Stage::Warned);
    assert_eq!(stage(50, 40), Stage::Saving);
    assert_eq!(stage(0, 100), Stage::Spent);
    assert_eq!(budget.left(&used(70, 20)), NanoUsd(10));
    assert_eq!(budget.left(&used(90, 20)), NanoUsd(0));
}

#[test]
fn a_budget_has_to_make_sense() {
    let good = budget(1, Scope::Everything);
    assert_eq!(good.check(), Ok(()));
    let with = |change: fn(&mut Budget)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed.check()
    };
    assert_eq!(with(|it| it.limit = NanoUsd(0)), Err(BudgetError::NoLimit));
    assert_eq!(with(|it| it.warns_at = Some(0)), Err(BudgetError::Percent));
    assert_eq!(
        with(|it| it.saves_at = Some(101)),
        Err(BudgetError::Percent)
    );
    assert_eq!(with(|it| it.saves_at = Some(50)), Err(BudgetError::Order));
    assert_eq!(with(|it| it.warns_at = None), Ok(()));
}

#[test]
fn the_budget_that_leaves_least_decides_and_only_for_whom_it_concerns() {
    let chat = ConversationId::from_bytes([7; 16]);
    let held = vec![
        held("all", budget(100, Scope::Everything), 10),
        held("openai", budget(50, provider("openai")), 45),
        held(
            "this chat",
            budget(20, Scope::Conversation { conversation: chat }),
            5,
        ),
    ];
    let stranger = Budgets::new(held.clone(), &Asker::default());
    let left = |allowance: &Budgets, id: &str| {
        let left = allowance.left(&ProviderId::new(id), "a/model").unwrap();
        (left.name, left.amount.0)
    };
    assert_eq!(left(&stranger, "openai"), ("openai".to_owned(), 5));
    assert_eq!(left(&stranger, "other"), ("all".to_owned(), 90));
    let here = Asker {
        conversation: Some(chat),
        app: None,
    };
    let here = Budgets::new(held, &here);
    assert_eq!(left(&here, "other"), ("this chat".to_owned(), 15));
}

#[test]
fn a_budget_that_only_warns_leaves_everything() {
    let warns = Budget {
        stops: false,
        saves_at: None,
        ..budget(1, Scope::Everything)
    };
    let allowance = Budgets::new([held("all", warns, 5)], &Asker::default());
    assert_eq!(allowance.left(&ProviderId::new("x"), "m"), None);
    assert_eq!(allowance.saving(), None);
}

#[test]
fn saving_goes_on_when_all_is_spent_and_a_route_wins() {
    let route = RouteId::from_bytes([3; 16]);
    let over = |name: &str, saves_with| {
        let budget = Budget {
            stops: false,
            saves_with,
            ..budget(10, Scope::Everything)
        };
        held(name, budget, 11)
    };
    let allowance = Budgets::new([over("a", None), over("b", Some(route))], &Asker::default());
    let saving = allowance.saving().unwrap();
    assert_eq!((saving.name.as_str(), saving.route), ("b", Some(route)));

    let of_provider = held("openai", budget(10, provider("openai")), 9);
    let allowance = Budgets::new([of_provider], &Asker::default());
    assert_eq!(allowance.saving(), None, "it says nothing of others");
    assert!(
        allowance
            .saves_on(&ProviderId::new("openai"), "m")
            .is_some()
    );
    assert!(allowance.saves_on(&ProviderId::new("other"), "m").is_none());
}

#[test]
fn a_pace_wants_something_to_go_by() {
    assert_eq!(pace(NanoUsd(10), 0.01), None);
    assert_eq!(pace(NanoUsd(10), 0.5), Some(NanoUsd(20)));
    assert_eq!(pace(NanoUsd(10), 1.0), Some(NanoUsd(10)));
    assert_eq!(pace(NanoUsd(10), 1.5), None);
}

#[test]
fn periods_hold_their_days() {
    let day: Day = "2026-11-26".parse().unwrap();
    let texts = |period: Period| {
        let (first, last) = period.around(day);
        (first.to_string(), last.to_string())
    };
    assert_eq!(texts(Period::Day).0, "2026-11-26");
    assert_eq!(
        texts(Period::Week),
        ("2026-11-23".into(), "2026-11-29".into())
    );
    assert_eq!(
        texts(Period::Month),
        ("2026-11-01".into(), "2026-11-30".into())
    );
}

proptest! {
    #[test]
    fn what_is_left_and_what_is_used_never_exceed_the_limit(
        limit in 1_i64..1_000_000, spent in 0_i64..2_000_000, reserved in 0_i64..2_000_000,
    ) {
        let budget = budget(limit, Scope::Everything);
        let used = used(spent, reserved);
        let left = budget.left(&used);
        prop_assert!(left.0 >= 0);
        prop_assert_eq!(left.0 > 0, budget.stage(&used) != Stage::Spent);
        prop_assert!(left.0 == 0 || left.0 + used.total().0 == limit);
    }

    #[test]
    fn more_spent_is_never_an_earlier_stage(limit in 1_i64..10_000, spent in 0_i64..20_000, more in 0_i64..20_000) {
        let budget = budget(limit, Scope::Everything);
        prop_assert!(budget.stage(&used(spent, 0)) <= budget.stage(&used(spent + more, 0)));
    }
}
