//! The figures and charts of Spend over real answers.

use patchbay_domain::NanoUsd;
use patchbay_engine::{SpendBy, SpendFilter};

use crate::support::Bench;

#[tokio::test]
async fn a_deleted_provider_keeps_its_name_wherever_it_is_told() {
    let bench = Bench::start().await;
    bench.ask("answer", "Hello").await.end().await;
    let today = bench.engine.today();
    let today = SpendFilter::between(today, today);
    let names = async |by| -> Vec<String> {
        let chart = bench.engine.spend_chart(today.clone(), by).await.unwrap();
        chart.groups.into_iter().map(|group| group.name).collect()
    };
    assert_eq!(names(SpendBy::Provider).await, ["Scripted"]);
    bench.engine.delete_provider(&bench.provider).await.unwrap();
    assert_eq!(names(SpendBy::Provider).await, ["Scripted (deleted)"]);
    assert_eq!(
        names(SpendBy::Endpoint).await,
        ["Scripted (deleted), answer"]
    );
    assert_eq!(names(SpendBy::Model).await, ["answer, Scripted (deleted)"]);
    assert_eq!(names(SpendBy::Key).await, ["Scripted (deleted), no key"]);
    let statement = bench.engine.spend_statement(today.clone()).await.unwrap();
    assert!(statement.contains("Scripted (deleted)"));
    bench
        .engine
        .restore_provider(&bench.provider)
        .await
        .unwrap();
    assert_eq!(names(SpendBy::Provider).await, ["Scripted"]);
}

#[tokio::test]
async fn a_bar_says_how_many_of_its_attempts_have_no_known_cost() {
    let bench = Bench::start().await;
    for _ in 0..2 {
        bench.ask("answer", "Hello").await.end().await;
    }
    let today = bench.engine.today();
    let days = SpendFilter::between(today.plus(-1), today);
    let chart = bench
        .engine
        .spend_chart(days, SpendBy::Provider)
        .await
        .unwrap();
    assert_eq!(chart.unknown_by_day, [0, 2]);
    assert_eq!(chart.others_by_day, [NanoUsd(0), NanoUsd(0)]);
    // What cost nothing that is known has no bars of its own.
    assert!(chart.groups[0].by_day.is_empty());
}
