//! Spend and budgets, from the engine's words to the contract's and back.
//!
//! Long because every figure of spend is mapped here and nothing is decided.

use patchbay_contract::spend::{
    BudgetScopeView, BudgetStanding, BudgetView, EvidenceView, FreeTierView, MarkupRow, MarkupView,
    MarkupWarning, MathElsewhere, MathFinding, MathRow, MathView, MathWay, SpendAnswer,
    SpendAnswers, SpendChart, SpendGroup, SpendOverview, SpendQuery, SpendSums, SpendTokens,
    TopUpFeeView,
};
use patchbay_contract::{ErrorCode, IpcError};
use patchbay_domain::budget::{Budget, Scope};
use patchbay_domain::receipt::Purpose;
use patchbay_domain::{AttemptStatus, BudgetId, Day, FailureClass, NanoUsd, ProviderId};
use patchbay_engine as engine;
use patchbay_engine::{RunOrigin, SpendBy, SpendFilter, SpendOrder, SpentRun, Tally};

use super::conversations::endpoint;
use super::models::price_tag;
use super::receipts::{cost, found_case};
use super::routing::{amount, dollars, route_id};

fn invalid(field: &str, sentence: &str, advice: &str) -> IpcError {
    IpcError {
        field: Some(field.to_owned()),
        ..IpcError::new(ErrorCode::InvalidInput, sentence, advice)
    }
}

/// # Errors
/// It is no date.
pub(crate) fn day(text: &str, field: &str) -> Result<Day, IpcError> {
    text.parse()
        .map_err(|_| invalid(field, "This is not a date.", "Write it like 2026-11-25."))
}

/// # Errors
/// A word in it is not ours, or an id cannot be read.
pub(crate) fn filter(query: SpendQuery) -> Result<SpendFilter, IpcError> {
    let word = |field, known: bool| {
        if known {
            Ok(())
        } else {
            Err(invalid(
                field,
                "This is not known here.",
                "Choose it from the list.",
            ))
        }
    };
    let origin = query.origin.as_deref().map(RunOrigin::from_word);
    word("origin", origin != Some(None))?;
    let purpose = query.purpose.as_deref().map(Purpose::from_word);
    word("purpose", purpose != Some(None))?;
    let conversation = query
        .conversation_id
        .as_deref()
        .map(|id| crate::commands::id(id, "The chat"))
        .transpose()?;
    Ok(SpendFilter {
        provider: query.provider_id.map(ProviderId::new),
        model_key: query.model_key,
        origin: origin.flatten(),
        purpose: purpose.flatten(),
        app: query.app,
        conversation,
        key_id: query.key_id,
        cost_kind: query.cost_kind,
        ..SpendFilter::between(day(&query.from, "from")?, day(&query.to, "to")?)
    })
}

/// # Errors
/// The word is not ours.
pub(crate) fn by(word: &str) -> Result<SpendBy, IpcError> {
    Ok(match word {
        "provider" => SpendBy::Provider,
        "model" => SpendBy::Model,
        "origin" => SpendBy::Origin,
        "app" => SpendBy::App,
        "conversation" => SpendBy::Conversation,
        "key" => SpendBy::Key,
        "purpose" => SpendBy::Purpose,
        "cost_kind" => SpendBy::CostKind,
        _ => {
            return Err(invalid(
                "by",
                "This is not known here.",
                "Choose it from the list.",
            ));
        }
    })
}

pub(crate) fn order(word: &str) -> SpendOrder {
    match word {
        "newest" => SpendOrder::Newest,
        _ => SpendOrder::Dearest,
    }
}

pub(crate) fn sums(tally: &Tally) -> SpendSums {
    SpendSums {
        known_nano_usd: tally.known.0,
        reported_nano_usd: tally.known_reported.0,
        computed_nano_usd: tally.known_computed.0,
        estimated_nano_usd: tally.known_estimated.0,
        attempts: tally.attempts,
        reported: tally.reported,
        computed: tally.computed,
        estimated: tally.estimated,
        unknown: tally.unknown,
        answered: tally.answered,
        failed: tally.failed,
        wasted_nano_usd: tally.wasted.0,
    }
}

fn tokens(tally: &Tally) -> SpendTokens {
    SpendTokens {
        input: tally.input,
        cache_read: tally.cache_read,
        cache_write: tally.cache_write,
        output: tally.output,
        reasoning: tally.reasoning,
        media: tally.media,
        web_searches: tally.web_searches,
    }
}

pub(crate) fn overview(overview: &engine::SpendOverview) -> SpendOverview {
    let (span, refused) = (&overview.span, overview.refused);
    let answers = span.first_tries.saturating_add(refused.unasked);
    SpendOverview {
        today: sums(&overview.today),
        month: sums(&overview.month),
        last_month: sums(&overview.last_month),
        pace_nano_usd: overview.pace.map(|pace| pace.0),
        days_over: overview.days_over,
        days_of_month: overview.days_of_month,
        span: sums(span),
        answers,
        fell_back: span.second_tries,
        failed_answers: answers
            .saturating_sub(span.answered)
            .saturating_sub(refused.stopped),
        stopped_answers: refused.stopped,
        stopped_today: overview.refused_today.stopped,
        tokens: tokens(span),
        cache_saved_nano_usd: (span.counted > 0).then_some(span.cache_saved.0),
        compared_paid_nano_usd: span.compared_paid.0,
        compared_list_nano_usd: span.compared_list.0,
        compared_attempts: span.compared,
        reserved_nano_usd: overview.reserved.0,
        first_day: overview.first_day.map(|day| day.to_string()),
        today_date: overview.today_date.to_string(),
    }
}

pub(crate) fn chart(chart: &engine::SpendChart) -> SpendChart {
    SpendChart {
        days: chart.days.iter().map(ToString::to_string).collect(),
        groups: chart
            .groups
            .iter()
            .map(|group| SpendGroup {
                key: group.key.clone(),
                name: group.name.clone(),
                provider_id: group.provider.as_ref().map(|id| id.as_str().to_owned()),
                colour: group.colour,
                sums: sums(&group.tally),
                tokens: tokens(&group.tally),
                words: group.tally.words,
                thousand_words_nano_usd: group.thousand_words.map(|price| price.0),
                by_day_nano_usd: group.by_day.iter().map(|known| known.0).collect(),
            })
            .collect(),
        others_by_day_nano_usd: chart.others_by_day.iter().map(|known| known.0).collect(),
        unknown_by_day: chart.unknown_by_day.clone(),
    }
}

pub(crate) fn answers((found, has_more): (Vec<SpentRun>, bool)) -> SpendAnswers {
    SpendAnswers {
        answers: found.iter().map(answer).collect(),
        has_more,
    }
}

fn answer(spent: &SpentRun) -> SpendAnswer {
    let run = &spent.run;
    let answered = run
        .tried
        .iter()
        .find(|tried| tried.status == AttemptStatus::Answered)
        .or(run.tried.last());
    let [
        input,
        cache_read,
        cache_write,
        output,
        reasoning,
        media,
        web_searches,
    ] = spent.tokens;
    SpendAnswer {
        run_id: run.id.to_string(),
        conversation_id: run.conversation.as_ref().map(|it| it.id.to_string()),
        title: run.conversation.as_ref().map(|it| it.title.clone()),
        question: run.question.clone(),
        model: answered.map_or_else(
            || run.requested.model.clone(),
            |tried| tried.endpoint.model.clone(),
        ),
        provider_name: answered.map_or_else(String::new, |tried| tried.provider_name.clone()),
        origin: run.origin.as_str().to_owned(),
        purpose: run.purpose.as_str().to_owned(),
        comparison_case: run.case.map(found_case),
        app: run.app.clone(),
        started_at: run.started_at.0,
        cost: cost(spent.cost),
        tokens: SpendTokens {
            input,
            cache_read,
            cache_write,
            output,
            reasoning,
            media,
            web_searches,
        },
        attempts: spent.attempts,
        is_stopped: run.failure == Some(FailureClass::OverBudget),
    }
}

pub(crate) fn markup(markup: &engine::Markup) -> MarkupView {
    MarkupView {
        rows: markup
            .rows
            .iter()
            .map(|row| MarkupRow {
                endpoint: endpoint(&row.endpoint),
                provider_name: row.provider_name.clone(),
                model_key: row.model_key.clone(),
                model_name: row.model_name.clone(),
                colour: row.colour,
                paid_nano_usd: row.paid.0,
                list_nano_usd: row.list.map(|list| list.0),
                percent: row.percent,
                attempts: row.attempts,
                not_compared: row.not_compared,
                paid_tag: row.paid_tag.as_ref().map(price_tag),
                list_tag: row.list_tag.as_ref().map(price_tag),
                is_direct: row.is_direct,
                caveats: row.caveats.clone(),
            })
            .collect(),
        fees: markup
            .fees
            .iter()
            .map(|fee| TopUpFeeView {
                provider_id: fee.provider.as_str().to_owned(),
                provider_name: fee.provider_name.clone(),
                words: fee.words.clone(),
                by_card_nano_usd: fee.by_card.map(|amount| amount.0),
                by_crypto_nano_usd: fee.by_crypto.map(|amount| amount.0),
                spent_nano_usd: fee.spent.0,
                source: fee.source.clone(),
                as_of: fee.as_of.clone(),
            })
            .collect(),
        warnings: markup
            .warnings
            .iter()
            .map(|warning| MarkupWarning {
                endpoint: endpoint(&warning.endpoint),
                provider_name: warning.provider_name.clone(),
                billed_nano_usd: warning.billed.0,
                by_list_nano_usd: warning.by_list.0,
                attempts: warning.attempts,
                words: warning.words.clone(),
            })
            .collect(),
    }
}

pub(crate) fn math(math: &engine::Math) -> MathView {
    MathView {
        from: math.from.to_string(),
        to: math.to.to_string(),
        rows: math.rows.iter().map(math_row).collect(),
        elsewhere: math
            .elsewhere
            .iter()
            .map(|elsewhere| MathElsewhere {
                model_key: elsewhere.model_key.clone(),
                model_name: elsewhere.model_name.clone(),
                provider_name: elsewhere.provider_name.clone(),
                would_be_nano_usd: elsewhere.would_be.map(|amount| amount.0),
                paid_nano_usd: elsewhere.paid.0,
                attempts: elsewhere.attempts,
            })
            .collect(),
        findings: math
            .findings
            .iter()
            .map(|finding| MathFinding {
                words: finding.words.clone(),
                evidence: finding
                    .evidence
                    .iter()
                    .map(|(name, value)| EvidenceView {
                        name: name.clone(),
                        value: value.clone(),
                    })
                    .collect(),
                saves_nano_usd: finding.saves.map(|amount| amount.0),
            })
            .collect(),
        too_thin: math.too_thin.clone(),
    }
}

fn math_row(row: &engine::MathRow) -> MathRow {
    MathRow {
        model_key: row.model_key.clone(),
        model_name: row.model_name.clone(),
        colour: row.colour,
        ways: row
            .ways
            .iter()
            .map(|way| MathWay {
                endpoint: endpoint(&way.endpoint),
                provider_name: way.provider_name.clone(),
                attempts: way.attempts,
                paid_nano_usd: way.paid.0,
                would_be_nano_usd: way.would_be.map(|amount| amount.0),
                price_tag: way.price_tag.as_ref().map(price_tag),
                first_token_millis: way.first_token_millis,
                measured: way.measured,
                is_direct: way.is_direct,
                is_usable: way.is_usable,
            })
            .collect(),
        paid_nano_usd: row.paid.0,
        list_nano_usd: row.list.map(|list| list.0),
        share: row.share,
        attempts: row.attempts,
        without_tokens: row.without_tokens,
        cheapest: row.cheapest.and_then(|index| u32::try_from(index).ok()),
    }
}

pub(crate) fn budget(standing: &engine::BudgetStanding) -> BudgetStanding {
    let budget = &standing.budget;
    BudgetStanding {
        budget: BudgetView {
            budget_id: Some(budget.id.to_string()),
            scope: match &budget.scope {
                Scope::Everything => BudgetScopeView::Everything,
                Scope::Provider { provider } => BudgetScopeView::Provider {
                    provider_id: provider.as_str().to_owned(),
                },
                Scope::Model { key } => BudgetScopeView::Model {
                    model_key: key.clone(),
                },
                Scope::Conversation { conversation } => BudgetScopeView::Conversation {
                    conversation_id: conversation.to_string(),
                },
                Scope::App { app } => BudgetScopeView::App { app: app.clone() },
            },
            period: budget.period,
            limit: dollars(budget.limit.0),
            warns_at: budget.warns_at,
            saves_at: budget.saves_at,
            saves_with_route_id: budget.saves_with.map(|route| route.to_string()),
            stops: budget.stops,
            refuses_unknown: budget.refuses_unknown,
        },
        name: standing.name.clone(),
        limit_nano_usd: budget.limit.0,
        spent_nano_usd: standing.used.spent.0,
        reserved_nano_usd: standing.used.reserved.0,
        unknown: standing.used.unknown,
        stage: standing.stage,
        pace_nano_usd: standing.pace.map(|pace| pace.0),
        resets_at: standing.resets_at.0,
        words: standing.words.clone(),
    }
}

/// Its id, where it has one, and what it says.
///
/// # Errors
/// The limit is no amount, or an id cannot be read.
pub(crate) fn budget_from(view: BudgetView) -> Result<(Option<BudgetId>, Budget), IpcError> {
    let id: Option<BudgetId> = view
        .budget_id
        .as_deref()
        .map(|id| crate::commands::id(id, "The budget"))
        .transpose()?;
    let limit = amount(Some(view.limit), "limit")?.unwrap_or(NanoUsd(0));
    let budget = Budget {
        id: id.unwrap_or(BudgetId::from_bytes([0; 16])),
        scope: match view.scope {
            BudgetScopeView::Everything => Scope::Everything,
            BudgetScopeView::Provider { provider_id } => Scope::Provider {
                provider: ProviderId::new(provider_id),
            },
            BudgetScopeView::Model { model_key } => Scope::Model { key: model_key },
            BudgetScopeView::Conversation { conversation_id } => Scope::Conversation {
                conversation: crate::commands::id(&conversation_id, "The chat")?,
            },
            BudgetScopeView::App { app } => Scope::App { app },
        },
        period: view.period,
        limit,
        warns_at: view.warns_at,
        saves_at: view.saves_at,
        saves_with: view
            .saves_with_route_id
            .as_deref()
            .map(route_id)
            .transpose()?,
        stops: view.stops,
        refuses_unknown: view.refuses_unknown,
    };
    Ok((id, budget))
}

pub(crate) fn free_tier(tier: &engine::FreeTier) -> FreeTierView {
    FreeTierView {
        provider_id: tier.provider.as_str().to_owned(),
        provider_name: tier.provider_name.clone(),
        key_id: tier.key_id.clone(),
        key_label: tier.key_label.clone(),
        model: tier.model.clone(),
        window: tier.window.to_owned(),
        unit: tier.unit.to_owned(),
        used: tier.used,
        limit: tier.limit,
        left: tier.left,
        said_at: tier.said_at.map(|at| at.0),
        resets_at: tier.resets_at.map(|at| at.0),
    }
}
