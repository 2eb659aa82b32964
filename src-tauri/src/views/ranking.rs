//! Rankings by votes.

use patchbay_contract::ranking::{JudgeView, RankingPair, RankingRequest, RankingRow, RankingView};
use patchbay_domain::ranking::{Against, FEWEST_SUBJECTS, Filter, Standing, Voters};
use patchbay_engine::{JudgeRecord, Ranking};

pub(crate) fn ranking_filter(request: RankingRequest) -> Filter {
    Filter {
        voters: match request.voter.as_str() {
            "me" => Voters::Me,
            "judges" => Voters::Judges,
            _ => Voters::Judge(request.voter),
        },
        tag: request.tag,
        blind_only: request.blind_only,
    }
}

pub(crate) fn ranking(ranking: &Ranking) -> RankingView {
    let standings = &ranking.standings;
    let rows: Vec<&Standing> = standings.best_first().collect();
    let by_cost: Vec<&str> = names(standings.frontier(Against::Cost));
    let by_speed: Vec<&str> = names(standings.frontier(Against::Speed));
    let mut pairs = Vec::new();
    for (first, one) in rows.iter().enumerate() {
        for (second, other) in rows.iter().enumerate().skip(first + 1) {
            let record = standings.record(&one.model, &other.model);
            let difference = standings.difference(&one.model, &other.model);
            if record.votes() == 0 && difference.is_none() {
                continue;
            }
            pairs.push(RankingPair {
                first: small(first),
                second: small(second),
                wins: small(record.wins),
                ties: small(record.ties),
                losses: small(record.losses),
                difference: difference.map(|difference| difference.points),
                low: difference.map(|difference| difference.interval.0),
                high: difference.map(|difference| difference.interval.1),
            });
        }
    }
    RankingView {
        rows: rows
            .iter()
            .map(|standing| RankingRow {
                name: short(&standing.model).to_owned(),
                colour: colour(ranking, &standing.model),
                rank: standing.rank.map(small),
                score: standing.score.map(|score| score.points),
                low: standing.score.map(|score| score.interval.0),
                high: standing.score.map(|score| score.interval.1),
                is_settled: standing.is_settled,
                group: small(standing.component),
                votes: small(standing.record.votes()),
                wins: small(standing.record.wins),
                ties: small(standing.record.ties),
                losses: small(standing.record.losses),
                median_nano_usd: standing.median_cost.map(|cost| cost.0),
                median_first_token_millis: standing.median_first_token_millis,
                median_tokens_per_second: standing.median_tokens_per_second,
                is_on_cost_frontier: by_cost.contains(&standing.model.as_str()),
                is_on_speed_frontier: by_speed.contains(&standing.model.as_str()),
                model: standing.model.clone(),
            })
            .collect(),
        pairs,
        tags: ranking.tags.clone(),
        judges: ranking.judges.iter().map(judge).collect(),
        votes: small(standings.votes()),
        fewest_subjects: small(FEWEST_SUBJECTS),
        sentence: sentence(&rows),
    }
}

fn names(standings: Vec<&Standing>) -> Vec<&str> {
    let models = standings.into_iter();
    models.map(|standing| standing.model.as_str()).collect()
}

/// The cable of the model, under whichever of its ids it was given one.
fn colour(ranking: &Ranking, key: &str) -> u8 {
    let of = |id: &str| ranking.colours.get(id).copied();
    of(key).or_else(|| of(short(key))).unwrap_or(0)
}

fn judge(record: &JudgeRecord) -> JudgeView {
    let same = record.agreement.as_ref().map(|agreement| agreement.same);
    let interval = same.and_then(|same| same.interval());
    JudgeView {
        name: short(&record.key).to_owned(),
        key: record.key.clone(),
        votes: small(record.votes),
        shared: small(same.map_or(0, |same| same.trials)),
        same: small(same.map_or(0, |same| same.hits)),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
        kappa: record
            .agreement
            .as_ref()
            .and_then(|agreement| agreement.kappa),
        disagrees_with_itself: small(record.disagrees_with_itself),
        nano_usd: record.cost.amount.map(|amount| amount.0),
    }
}

fn sentence(rows: &[&Standing]) -> String {
    let scored: Vec<&&Standing> = rows.iter().filter(|row| row.score.is_some()).collect();
    let (Some(first), true) = (scored.first(), scored.len() >= 2) else {
        return format!(
            "Not enough votes yet: a model needs votes on {FEWEST_SUBJECTS} prompts before it has a \
             score."
        );
    };
    let firsts: Vec<&str> = scored
        .iter()
        .filter(|row| row.rank == Some(1) && row.component == first.component)
        .map(|row| short(&row.model))
        .collect();
    match firsts.as_slice() {
        [one] => format!("{one} is ahead of every other model, at 95 %."),
        [one, other] => format!("Not enough votes yet to say whether {one} or {other} is better."),
        many => format!(
            "Not enough votes yet to say which of the first {} is better.",
            many.len()
        ),
    }
}

/// A model without its maker.
pub(super) fn short(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, model)| model)
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
