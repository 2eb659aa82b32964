//! Any attempt at all comes back as it was written.

use patchbay_domain::price::{PriceSource, PriceTag, ServiceTier};
use patchbay_domain::rates::Rates;
use patchbay_domain::receipt::{ListPrice, Timings};
use patchbay_domain::route::{DeclaredPolicy, Training};
use patchbay_domain::run::MadeBecause;
use patchbay_domain::{
    Attempt, AttemptStatus, Cost, CostKind, Endpoint, Failure, FailureClass, FinishReason, NanoUsd,
    NanoUsdPerMTok, ProviderId, RawUsage, UnixMillis, Usage,
};
use patchbay_store::{Store, StoreOptions, Synchronous};
use proptest::prelude::*;
use proptest::sample::select;
use tempfile::TempDir;

use crate::support::*;

/// What SQLite's integers hold.
const LARGEST: u64 = i64::MAX as u64;

// Boxed, as all below: the strategies of so many fields do not fit on the stack of a test.
fn words() -> BoxedStrategy<String> {
    "\\PC{0,12}".boxed()
}

fn maybe<T: std::fmt::Debug + Clone + 'static>(
    strategy: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    prop::option::of(strategy).boxed()
}

fn usage() -> BoxedStrategy<Usage> {
    let amount = prop_oneof![2 => 0_u64..5, 2 => 0..LARGEST, 1 => Just(LARGEST)];
    prop::array::uniform12(amount)
        .prop_map(|counts| {
            let [
                input,
                cache_read,
                cache_write,
                cache_write_long,
                output,
                reasoning,
                rest @ ..,
            ] = counts;
            let [
                audio_input,
                audio_cache_read,
                image_input,
                audio_output,
                image_output,
                web_searches,
            ] = rest;
            Usage {
                input,
                cache_read,
                cache_write,
                cache_write_long,
                output,
                reasoning,
                audio_input,
                audio_cache_read,
                image_input,
                audio_output,
                image_output,
                web_searches,
            }
        })
        .boxed()
}

fn rates() -> BoxedStrategy<Rates> {
    let rate = || maybe(any::<i64>().prop_map(NanoUsdPerMTok));
    let money = || maybe(any::<i64>().prop_map(NanoUsd));
    (prop::array::uniform11(rate()), money(), money())
        .prop_map(|(rates, per_request, thousand_searches)| {
            let [
                input,
                cache_read,
                cache_write,
                cache_write_long,
                output,
                reasoning,
                rest @ ..,
            ] = rates;
            let [
                audio_input,
                audio_cache_read,
                image_input,
                audio_output,
                image_output,
            ] = rest;
            Rates {
                input,
                cache_read,
                cache_write,
                cache_write_long,
                output,
                reasoning,
                audio_input,
                audio_cache_read,
                image_input,
                audio_output,
                image_output,
                per_request,
                thousand_searches,
            }
        })
        .boxed()
}

fn price_tag() -> BoxedStrategy<PriceTag> {
    (select(PriceSource::ALL), words(), any::<i64>())
        .prop_map(|(source, name, as_of)| PriceTag {
            source,
            name,
            as_of: UnixMillis(as_of),
        })
        .boxed()
}

fn failure() -> BoxedStrategy<Failure> {
    (
        select(FailureClass::ALL),
        maybe(any::<u16>()),
        maybe(words()),
        words(),
        maybe(0..LARGEST),
        maybe(words()),
    )
        .prop_map(
            |(class, status, code, message, retry_after_millis, request_id)| Failure {
                class,
                status,
                code,
                message,
                retry_after_millis,
                request_id,
            },
        )
        .boxed()
}

fn cost() -> BoxedStrategy<Cost> {
    (select(CostKind::ALL), any::<i64>())
        .prop_map(|(kind, amount)| Cost {
            amount: (kind != CostKind::Unknown).then_some(NanoUsd(amount)),
            kind,
        })
        .boxed()
}

fn data_policy() -> BoxedStrategy<DeclaredPolicy> {
    let said = (words(), words(), words());
    (select(Training::ALL), maybe(any::<u32>()), said)
        .prop_map(
            |(training, keeps_days, (words, source, as_of))| DeclaredPolicy {
                training,
                keeps_days,
                words,
                source,
                as_of,
            },
        )
        .boxed()
}

fn attempt() -> BoxedStrategy<Attempt> {
    let named = (words(), words(), words(), maybe(words()), maybe(words()));
    let mark = || maybe(0..LARGEST);
    let times = (any::<i64>(), mark(), mark(), mark());
    let end = (
        select(AttemptStatus::ALL),
        maybe(failure()),
        maybe(words()),
        maybe(select(FinishReason::ALL)),
        any::<u32>(),
        prop::collection::vec(words(), 0..3),
    );
    let told = (
        maybe(words()),
        maybe(words()),
        maybe(words()),
        maybe(words()),
    );
    let paid = (
        maybe(usage()),
        maybe(words()),
        maybe(rates()),
        maybe(price_tag()),
        maybe(select(ServiceTier::ALL)),
        maybe(any::<i64>()),
        cost(),
    );
    let routed = (
        select(MadeBecause::ALL),
        maybe(0..LARGEST),
        maybe(data_policy()),
    );
    (named, times, end, told, paid, routed)
        .prop_map(|(named, times, end, told, paid, routed)| {
            let (provider, model, provider_name, key_label, key_id) = named;
            let (started_at, opened, first_token, ended) = times;
            let (status, failure, left_because, finish_reason, malformed_events, warnings) = end;
            let (served_model, served_by, request_id, replaced_text) = told;
            let (usage, raw_usage, rates, price_tag, service_tier, reported_cost, cost) = paid;
            let (made_because, continues_at, data_policy) = routed;
            Attempt {
                id: attempt_id(1),
                run: run(1),
                ordinal: 0,
                endpoint: Endpoint {
                    provider: ProviderId::new(provider),
                    model,
                },
                provider_name,
                key_label,
                key_id,
                started_at: UnixMillis(started_at),
                timings: Timings {
                    opened,
                    first_token,
                    ended,
                },
                status,
                failure,
                left_because: left_because.clone(),
                finish_reason,
                served_model,
                served_by,
                request_id,
                malformed_events,
                warnings,
                usage,
                raw_usage: raw_usage.map(RawUsage),
                rates,
                price_tag: price_tag.clone(),
                service_tier,
                reported_cost: reported_cost.map(NanoUsd),
                cost,
                reserved: reported_cost.map(NanoUsd),
                list: price_tag
                    .clone()
                    .zip(reported_cost)
                    .map(|(tag, amount)| ListPrice {
                        amount: NanoUsd(amount),
                        tag,
                    }),
                model_key: left_because.clone(),
                replaced_text,
                made_because,
                continues_at,
                data_policy,
            }
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn an_attempt_comes_back_as_it_was(attempts in prop::collection::vec((attempt(), attempt()), 1..16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = TempDir::new().unwrap();
            let options =
                StoreOptions { synchronous: Synchronous::Normal, ..StoreOptions::new(NOW) };
            let (store, _) = Store::open(folder.path(), &options).unwrap();
            store.begin_run(begin(1, "q")).await.unwrap();
            let mut expected = Vec::new();
            for (number, (begun, ended)) in (0_u32..).zip(attempts) {
                let begun = Attempt {
                    id: attempt_id(u128::from(number)),
                    ordinal: number,
                    status: AttemptStatus::Running,
                    ..begun
                };
                // What names the attempt is written once; all that it came to is written again.
                let ended = Attempt {
                    id: begun.id,
                    ordinal: number,
                    endpoint: begun.endpoint.clone(),
                    provider_name: begun.provider_name.clone(),
                    started_at: begun.started_at,
                    ..ended
                };
                store.begin_attempt(begun).await.unwrap();
                store.settle_attempt(ended.clone()).await.unwrap();
                expected.push(ended);
            }
            prop_assert_eq!(store.receipt(run(1)).await.unwrap().attempts, expected);
            close(&store).await;
            Ok(())
        })?;
    }
}
