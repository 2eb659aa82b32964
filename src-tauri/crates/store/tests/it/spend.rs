//! Sums of money are exact, whatever is in them.

use patchbay_domain::{Attempt, Cost, CostKind, NanoUsd, UnixMillis};
use patchbay_store::{Store, StoreOptions, Synchronous};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::support::*;

const KINDS: [CostKind; 4] = [
    CostKind::Reported,
    CostKind::Computed,
    CostKind::Estimated,
    CostKind::Unknown,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_sum_is_the_sum_of_its_parts(
        // Far beyond what floating point holds exactly: 2^53 nano-dollars are nine million dollars.
        parts in prop::collection::vec((0_i64..100_000_000_000_000_000, 0_usize..4, 0_i64..10), 1..40),
        from in 0_i64..10,
        length in 0_i64..10,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = TempDir::new().unwrap();
            let options = StoreOptions { synchronous: Synchronous::Normal, ..StoreOptions::new(NOW) };
            let (store, _) = Store::open(folder.path(), &options).unwrap();
            store.begin_run(begin(1, "q")).await.unwrap();
            let (mut known, mut estimated, mut attempts, mut unknown) = (0_i128, 0_i128, 0, 0);
            for (number, (amount, kind, at)) in parts.into_iter().enumerate() {
                let kind = KINDS[kind];
                let amount = (kind != CostKind::Unknown).then_some(NanoUsd(amount));
                let attempt = Attempt {
                    id: attempt_id(number as u128),
                    ordinal: u32::try_from(number).unwrap(),
                    started_at: UnixMillis(at),
                    cost: Cost { amount, kind },
                    ..answered_attempt(1, 0)
                };
                store.settle_attempt(attempt).await.unwrap();
                if (from..from + length).contains(&at) {
                    let amount = amount.map_or(0, |amount| i128::from(amount.0));
                    known += amount;
                    attempts += 1;
                    match kind {
                        CostKind::Estimated => estimated += amount,
                        CostKind::Unknown => unknown += 1,
                        CostKind::Reported | CostKind::Computed => {}
                    }
                }
            }
            let sum = spend_between(&store, UnixMillis(from), UnixMillis(from + length));
            prop_assert_eq!(i128::from(sum.known.0), known);
            prop_assert_eq!(i128::from(sum.estimated.0), estimated);
            prop_assert_eq!((sum.attempts, sum.unknown_attempts), (attempts, unknown));
            close(&store).await;
            Ok(())
        })?;
    }
}
