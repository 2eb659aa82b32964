//! Requests one by one.

use std::collections::{HashMap, HashSet};

use patchbay_domain::CostKind;

use super::super::names::alike;
use super::super::read::{Billed, UsageFile};
use super::{
    CLOCKS, DAY, ImportLine, ImportVerdict, Matched, Sent, day_words, moment_words, span,
    their_tokens, theirs_alone, tolerance, why_only_theirs,
};

pub(super) fn by_request(file: &UsageFile, ours: &[Sent], began: i64) -> Matched {
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    for (index, sent) in ours.iter().enumerate() {
        if let Some(id) = sent.request_id.as_deref() {
            by_id.entry(id).or_insert(index);
        }
    }
    let mut of_theirs: Vec<Option<usize>> = vec![None; file.rows.len()];
    let mut taken: HashSet<usize> = HashSet::new();
    for (row, of_row) in file.rows.iter().zip(&mut of_theirs) {
        let known = row.id.as_deref().and_then(|id| by_id.get(id).copied());
        *of_row = known.filter(|index| taken.insert(*index));
    }
    let mut by_model: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, sent) in ours.iter().enumerate() {
        for name in &sent.names {
            by_model.entry(name).or_default().push(index);
        }
    }
    for indexes in by_model.values_mut() {
        indexes.sort_by_key(|index| ours[*index].at);
    }
    // The surest first: a row that looks only a little alike must not take the place of one that
    // looks wholly alike.
    for likeness in [Likeness::Whole, Likeness::Half, Likeness::Near] {
        for (row, of_row) in file.rows.iter().zip(&mut of_theirs) {
            if of_row.is_some() {
                continue;
            }
            let name = alike(&row.model);
            let near = by_model.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            *of_row = nearest(row, near, ours, &taken, likeness);
            taken.extend(*of_row);
        }
    }
    let mut all = Matched::default();
    let inside = span(file).map_or(i64::MAX..i64::MAX, |(from, to)| from.0..to.0);
    for (row, of_row) in file.rows.iter().zip(of_theirs) {
        match of_row {
            Some(index) => {
                all.matched += row.parts;
                all.lines.push(pair(file, row, &ours[index]));
            }
            None => {
                all.only_theirs += row.parts;
                all.lines.push(ImportLine {
                    because: Some(why_only_theirs(row.at.unwrap_or(0), began)),
                    ..theirs_alone(row)
                });
            }
        }
    }
    for (index, sent) in ours.iter().enumerate() {
        let is_taken = taken.contains(&index);
        if is_taken || inside.contains(&sent.at) {
            all.count(sent);
        }
        if !is_taken && inside.contains(&sent.at) {
            all.only_ours += 1;
            all.lines.push(ours_alone(sent));
        }
    }
    all
}

/// How much of two rows has to be the same.
#[derive(Clone, Copy)]
pub(super) enum Likeness {
    /// All that both know.
    Whole,
    /// Tokens or amount.
    Half,
    /// Nothing speaks against it.
    Near,
}

/// The request of ours that a row without a known id is most likely of.
pub(super) fn nearest(
    row: &Billed,
    near: &[usize],
    ours: &[Sent],
    taken: &HashSet<usize>,
    likeness: Likeness,
) -> Option<usize> {
    let at = row.at?;
    // A request that was begun later than this is another one; how early it began, its length tells.
    let end = near.partition_point(|index| ours[*index].at <= at.saturating_add(CLOCKS));
    let mut best: Option<(i64, usize)> = None;
    for index in near[..end].iter().rev() {
        let sent = &ours[*index];
        // No request takes longer than a day.
        if sent.at.saturating_add(DAY) < at {
            break;
        }
        if at > sent.ended.saturating_add(CLOCKS) || taken.contains(index) {
            continue;
        }
        let tokens = row.input.zip(row.output);
        let same_tokens = tokens.zip(sent.tokens).map(|(theirs, own)| theirs == own);
        let same_amount = row
            .amount()
            .zip(sent.amount)
            .map(|(theirs, own)| theirs == own);
        let looks_alike = match likeness {
            Likeness::Whole => matches!(
                (same_tokens, same_amount),
                (Some(true), Some(true) | None) | (None, Some(true))
            ),
            Likeness::Half => same_tokens == Some(true) || same_amount == Some(true),
            // Counts that differ a lot are those of another request.
            Likeness::Near => is_close(row, sent),
        };
        let distance = at.saturating_sub(sent.at).saturating_abs();
        if looks_alike && best.is_none_or(|(known, _)| distance < known) {
            best = Some((distance, *index));
        }
    }
    best.map(|(_, index)| index)
}

/// Whether nothing speaks against it: tokens that are known to both differ by less than a tenth.
pub(super) fn is_close(row: &Billed, sent: &Sent) -> bool {
    let (Some(theirs), Some(own)) = (their_tokens(row), sent.all_tokens()) else {
        return true;
    };
    theirs.abs_diff(own) <= theirs.max(own) / 10
}

pub(super) fn pair(file: &UsageFile, row: &Billed, sent: &Sent) -> ImportLine {
    let (theirs, own) = (row.amount(), sent.amount);
    let (their_tokens, our_tokens) = (their_tokens(row), sent.all_tokens());
    let by_money = theirs.zip(own).map(|(theirs, own)| {
        let apart = theirs.0.saturating_sub(own.0);
        (apart.saturating_abs() > tolerance(file, row.parts, 1)).then_some(apart)
    });
    let by_tokens = their_tokens
        .zip(our_tokens)
        .map(|(theirs, own)| theirs != own);
    let because = match (by_money, by_tokens) {
        (Some(Some(apart)), by_tokens) => Some(if sent.is_cut && apart > 0 {
            "It was stopped, and the provider charged for more than had arrived.".to_owned()
        } else if by_tokens == Some(true) {
            "The two count other tokens.".to_owned()
        } else if sent.kind == CostKind::Estimated {
            "Ours is an estimate.".to_owned()
        } else {
            "The price differs.".to_owned()
        }),
        (None, _) if theirs.is_some() => {
            Some("Nobody knew here what it costs; its price can be set now.".to_owned())
        }
        (None, Some(true)) => Some("The two count other tokens.".to_owned()),
        _ => None,
    };
    ImportLine {
        verdict: if because.is_some() {
            ImportVerdict::Differs
        } else {
            ImportVerdict::Equal
        },
        when: row.at.map_or_else(|| day_words(row.day), moment_words),
        model: sent.model.clone(),
        their_tokens,
        our_tokens,
        theirs,
        ours: own,
        run: Some(sent.run),
        because,
    }
}

pub(super) fn ours_alone(sent: &Sent) -> ImportLine {
    let because = if sent.has_failed {
        "It failed, and the provider lists no charge for it."
    } else {
        "The provider does not list it: it was another account's, or comes with a later file."
    };
    ImportLine {
        verdict: ImportVerdict::OnlyOurs,
        when: moment_words(sent.at),
        model: sent.model.clone(),
        their_tokens: None,
        our_tokens: sent.all_tokens(),
        theirs: None,
        ours: sent.amount,
        run: Some(sent.run),
        because: Some(because.to_owned()),
    }
}
