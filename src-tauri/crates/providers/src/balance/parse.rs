//! The replies with which providers tell what is left, each in its own shape.
//!
//! As everywhere, a field of an unexpected type is as good as a missing one, and a missing figure is a
//! missing line. Only a body that holds nothing of its shape is an error.

use patchbay_domain::{Balance, BalanceKind, BalanceLine, UnixMillis};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::decimal::plain_decimal;
use crate::lenient::{lenient, raw_list};
use crate::rfc3339::parse_moment;

/// A body that tells no balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The answer tells no balance.")]
pub struct BalanceError;

const DOLLARS: &str = "USD";

/// A figure as it was written, number or text.
#[derive(Clone, Copy, Debug, Default)]
struct Figure<'a>(Option<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Figure<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|raw| Self(Some(raw)))
    }
}

impl Figure<'_> {
    fn plain(self, places: i32) -> Option<String> {
        plain_decimal(self.0?.get().trim_matches('"'), places)
    }

    fn line(self, kind: BalanceKind, unit: &str) -> Option<BalanceLine> {
        self.line_in(kind, unit, 0)
    }

    fn line_in(self, kind: BalanceKind, unit: &str, places: i32) -> Option<BalanceLine> {
        Some(BalanceLine {
            kind,
            amount: self.plain(places)?,
            unit: unit.to_owned(),
            resets_at: None,
            note: None,
        })
    }
}

fn noted(line: Option<BalanceLine>, note: impl Into<Option<String>>) -> Option<BalanceLine> {
    line.map(|line| BalanceLine {
        note: note.into(),
        ..line
    })
}

fn balance(lines: impl IntoIterator<Item = Option<BalanceLine>>) -> Result<Balance, BalanceError> {
    let lines: Vec<_> = lines.into_iter().flatten().collect();
    if lines.is_empty() {
        return Err(BalanceError);
    }
    Ok(Balance { lines })
}

fn read<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, BalanceError> {
    serde_json::from_str(body.trim_start_matches('\u{feff}')).map_err(|_| BalanceError)
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// OpenRouter, `GET /key`. Without a limit the key may spend all that the account has, and what that
/// is only a management key may ask.
pub(super) fn openrouter(body: &str) -> Result<Balance, BalanceError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Key<'a> {
        #[serde(borrow)]
        limit: Figure<'a>,
        #[serde(borrow)]
        limit_remaining: Figure<'a>,
        #[serde(deserialize_with = "lenient")]
        limit_reset: Option<String>,
        #[serde(borrow)]
        usage: Figure<'a>,
        #[serde(borrow)]
        usage_daily: Figure<'a>,
        #[serde(borrow)]
        usage_weekly: Figure<'a>,
        #[serde(borrow)]
        usage_monthly: Figure<'a>,
        #[serde(deserialize_with = "lenient")]
        is_free_tier: Option<bool>,
    }
    let key = read::<Data<Key<'_>>>(body)?.data;
    let renewed = key.limit_reset.map(|word| format!("set anew {word}"));
    let free = (key.is_free_tier == Some(true)).then(|| "no credits were ever bought".to_owned());
    let used = |figure: Figure<'_>, note: &str| {
        noted(figure.line(BalanceKind::Used, DOLLARS), note.to_owned())
    };
    balance([
        noted(
            key.limit_remaining.line(BalanceKind::Remaining, DOLLARS),
            renewed.clone(),
        ),
        noted(key.limit.line(BalanceKind::Limit, DOLLARS), renewed),
        noted(key.usage.line(BalanceKind::Used, DOLLARS), free),
        used(key.usage_daily, "today (UTC)"),
        used(key.usage_weekly, "this week (UTC)"),
        used(key.usage_monthly, "this month (UTC)"),
    ])
}

/// DeepSeek, `GET /user/balance`: one set of figures for each currency.
pub(super) fn deepseek(body: &str) -> Result<Balance, BalanceError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Reply<'a> {
        #[serde(deserialize_with = "lenient")]
        is_available: Option<bool>,
        #[serde(borrow, deserialize_with = "raw_list")]
        balance_infos: Vec<&'a RawValue>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Info<'a> {
        #[serde(deserialize_with = "lenient")]
        currency: Option<String>,
        #[serde(borrow)]
        total_balance: Figure<'a>,
        #[serde(borrow)]
        granted_balance: Figure<'a>,
        #[serde(borrow)]
        topped_up_balance: Figure<'a>,
    }
    let reply: Reply<'_> = read(body)?;
    let spent = (reply.is_available == Some(false)).then(|| "not enough for a request".to_owned());
    let mut lines = Vec::new();
    for info in reply.balance_infos {
        let Ok(info) = serde_json::from_str::<Info<'_>>(info.get()) else {
            continue;
        };
        let unit = info.currency.unwrap_or_default();
        let total = info.total_balance.line(BalanceKind::Remaining, &unit);
        lines.push(noted(total, spent.clone()));
        lines.push(info.granted_balance.line(BalanceKind::Granted, &unit));
        lines.push(info.topped_up_balance.line(BalanceKind::ToppedUp, &unit));
    }
    balance(lines)
}

/// NanoGPT, `POST /check-balance`.
pub(super) fn nanogpt(body: &str) -> Result<Balance, BalanceError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Reply<'a> {
        #[serde(borrow)]
        usd_balance: Figure<'a>,
        #[serde(borrow)]
        nano_balance: Figure<'a>,
    }
    let reply: Reply<'_> = read(body)?;
    balance([
        reply.usd_balance.line(BalanceKind::Remaining, DOLLARS),
        reply.nano_balance.line(BalanceKind::Remaining, "XNO"),
    ])
}

/// Moonshot, `GET /users/me/balance`. The currency depends on the site and is not in the reply.
pub(super) fn moonshot(body: &str, unit: &str) -> Result<Balance, BalanceError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Reply<'a> {
        #[serde(borrow)]
        available_balance: Figure<'a>,
        #[serde(borrow)]
        voucher_balance: Figure<'a>,
        #[serde(borrow)]
        cash_balance: Figure<'a>,
    }
    let reply = read::<Data<Reply<'_>>>(body)?.data;
    balance([
        reply.available_balance.line(BalanceKind::Remaining, unit),
        reply.voucher_balance.line(BalanceKind::Granted, unit),
        reply.cash_balance.line(BalanceKind::ToppedUp, unit),
    ])
}

/// Novita, `GET /openapi/v1/billing/balance/detail`, in ten-thousandths of a dollar.
pub(super) fn novita(body: &str) -> Result<Balance, BalanceError> {
    const PLACES: i32 = 4;
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Reply<'a> {
        #[serde(borrow)]
        available_balance: Figure<'a>,
        #[serde(borrow)]
        cash_balance: Figure<'a>,
        #[serde(borrow)]
        credit_limit: Figure<'a>,
        #[serde(borrow)]
        outstanding_invoices: Figure<'a>,
    }
    let reply: Reply<'_> = read(body)?;
    let line = |figure: Figure<'_>, kind| figure.line_in(kind, DOLLARS, PLACES);
    balance([
        line(reply.available_balance, BalanceKind::Remaining),
        line(reply.cash_balance, BalanceKind::ToppedUp),
        noted(
            line(reply.credit_limit, BalanceKind::Limit),
            "the most that may be owed".to_owned(),
        ),
        line(reply.outstanding_invoices, BalanceKind::Owed),
    ])
}

/// A LiteLLM proxy, `GET /key/info`. It does not subtract, and neither do we.
pub(super) fn litellm(body: &str) -> Result<Balance, BalanceError> {
    #[derive(Deserialize)]
    struct Reply<'a> {
        #[serde(borrow)]
        info: Info<'a>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Info<'a> {
        #[serde(borrow)]
        max_budget: Figure<'a>,
        #[serde(borrow)]
        spend: Figure<'a>,
        #[serde(deserialize_with = "lenient")]
        budget_reset_at: Option<String>,
    }
    let info = read::<Reply<'_>>(body)?.info;
    let resets_at: Option<UnixMillis> = info.budget_reset_at.as_deref().and_then(parse_moment);
    let limit = info.max_budget.line(BalanceKind::Limit, DOLLARS);
    balance([
        limit.map(|line| BalanceLine { resets_at, ..line }),
        info.spend.line(BalanceKind::Used, DOLLARS),
    ])
}
