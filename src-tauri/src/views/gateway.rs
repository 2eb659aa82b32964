//! The gateway.

use patchbay_contract::gateway::{
    AppRequestDetailView, AppRequestSearch, AppRequestView, AppRulesView, AppTurn, AppView,
    AppWithToken,
};
use patchbay_domain::{App, AppEndpoint, AppRules, UnixMillis};
use patchbay_engine::{
    AppForm, AppRequestDetail, AppRequestFilter, AppRequestLine, SecretString, shown_once,
};

use super::receipts::{found_receipt, run_view};

/// The most requests that one page has.
const PAGE: u32 = 200;

pub(crate) fn rules(rules: &AppRules) -> AppRulesView {
    AppRulesView {
        models: rules.models.clone(),
        answers_with: rules.answers_with.clone(),
        requests_a_minute: rules.requests_a_minute,
        requests_at_once: rules.requests_at_once,
        expires_at: rules.expires_at.map(|at| at.0),
        keeps_texts: rules.keeps_texts,
        holds_back: rules.holds_back,
        first_token_millis: rules.first_token_millis,
        origins: rules.origins.clone(),
    }
}

pub(crate) fn form(name: String, rules: AppRulesView) -> AppForm {
    AppForm {
        name,
        rules: AppRules {
            models: rules.models,
            answers_with: rules.answers_with,
            requests_a_minute: rules.requests_a_minute,
            requests_at_once: rules.requests_at_once,
            expires_at: rules.expires_at.map(UnixMillis),
            keeps_texts: rules.keeps_texts,
            holds_back: rules.holds_back,
            first_token_millis: rules.first_token_millis,
            origins: rules.origins,
        },
    }
}

pub(crate) fn app(app: &App) -> AppView {
    AppView {
        id: app.id.clone(),
        name: app.name.clone(),
        rules: rules(&app.rules),
        token_hint: app.token_hint.clone(),
        created_at: app.created_at.0,
        last_used_at: app.last_used_at.map(|at| at.0),
        revoked_at: app.revoked_at.map(|at| at.0),
    }
}

/// The only place where a token crosses: the person is shown it once.
pub(crate) fn with_token((made, token): (App, SecretString)) -> AppWithToken {
    AppWithToken {
        app: app(&made),
        token: shown_once(&token),
    }
}

pub(crate) fn filter(search: AppRequestSearch) -> AppRequestFilter {
    AppRequestFilter {
        app: search.app,
        text: search.text,
        failed: search.failed,
        before: search.before,
        limit: search.limit.clamp(1, PAGE),
    }
}

pub(crate) fn request(line: &AppRequestLine) -> AppRequestView {
    let endpoint = AppEndpoint::from_word(&line.endpoint);
    AppRequestView {
        serial: line.serial,
        receipt: found_receipt(&line.run),
        took_millis: line.run.ended_at.map(|end| end.0 - line.run.started_at.0),
        app: line.app.clone(),
        path: endpoint.map_or_else(
            || line.endpoint.clone(),
            |endpoint| endpoint.path().to_owned(),
        ),
        model: line.model.clone(),
        is_stream: line.is_stream,
        client_title: line.client.title.clone(),
        client_address: line.client.address.clone(),
        client_agent: line.client.agent.clone(),
        question: line.question.clone(),
        has_texts: line.has_request,
        conversation_id: line.opened_as.map(|id| id.to_string()),
    }
}

pub(crate) fn request_detail(detail: &AppRequestDetail) -> AppRequestDetailView {
    let record = &detail.record;
    let run_id = record.run.to_string();
    AppRequestDetailView {
        app: record.app.clone(),
        model: record.model.clone(),
        turns: detail
            .turns
            .iter()
            .map(|(role, text)| AppTurn {
                role: role.as_str().to_owned(),
                text: text.clone(),
            })
            .collect(),
        answer: record.answer.clone(),
        is_for_embeddings: record.is_for_embeddings(),
        tool_calls: record.tool_calls.as_ref().map(|calls| calls.0.clone()),
        run: run_view(&run_id, &detail.run),
        run_id,
    }
}
