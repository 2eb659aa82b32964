//! `patchbay app`: clients of the gateway.

use patchbay_domain::{App, AppRules, UnixMillis};
use patchbay_engine::{AppForm, Engine, SecretString, moment_text, shown_once};
use serde::Serialize;

use crate::arguments::{AppAction, AppRulesArguments, Shared};
use crate::failure::Failed;
use crate::table::{Side, Table};
use crate::terminal::Terminal;
use crate::{named, session};

/// An app for scripts. Never its token.
#[derive(Debug, Serialize)]
struct AppReport {
    id: String,
    name: String,
    /// The end of its token.
    token_hint: String,
    /// `active`, `revoked` or `expired`.
    state: &'static str,
    created_at: String,
    last_used_at: Option<String>,
    rules: AppRules,
}

/// An app with its token, which is told this once.
#[derive(Debug, Serialize)]
struct AppWithToken {
    app: AppReport,
    token: String,
}

fn state(app: &App, now: UnixMillis) -> &'static str {
    if app.revoked_at.is_some() {
        "revoked"
    } else if app.rules.expires_at.is_some_and(|end| end <= now) {
        "expired"
    } else {
        "active"
    }
}

fn report(app: &App, now: UnixMillis) -> AppReport {
    AppReport {
        id: app.id.clone(),
        name: app.name.clone(),
        token_hint: app.token_hint.clone(),
        state: state(app, now),
        created_at: moment_text(app.created_at),
        last_used_at: app.last_used_at.map(moment_text),
        rules: app.rules.clone(),
    }
}

fn now(engine: &Engine) -> UnixMillis {
    UnixMillis(engine.seconds_now().saturating_mul(1_000))
}

pub(crate) async fn carry_out(
    shared: &Shared,
    action: AppAction,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::with_engine(shared, terminal, async |engine, terminal| {
        let now = now(engine);
        match action {
            AppAction::Add { name, rules } => {
                let form = AppForm {
                    name,
                    rules: rules_of(*rules, now),
                };
                let (app, token) = engine.create_app(form).await?;
                show_token(shared, &app, &token, now, terminal)
            }
            AppAction::List => list(shared, &engine.apps().await?, now, terminal),
            AppAction::Change { app, name, rules } => {
                let before = named::app(engine, &app).await?;
                let form = AppForm {
                    name: name.unwrap_or(before.name),
                    rules: rules_of(*rules, now),
                };
                let app = engine.save_app(&before.id, form).await?;
                if shared.json {
                    return terminal.json(&report(&app, now));
                }
                terminal.line(&format!("Saved {}.", app.name))
            }
            AppAction::Revoke { app } => {
                let id = named::app(engine, &app).await?.id;
                let app = engine.revoke_app(&id).await?;
                if shared.json {
                    return terminal.json(&report(&app, now));
                }
                terminal.line(&format!(
                    "The token of {} is refused from now on.",
                    app.name
                ))
            }
            AppAction::Renew { app } => {
                let id = named::app(engine, &app).await?.id;
                let (app, token) = engine.renew_app_token(&id).await?;
                show_token(shared, &app, &token, now, terminal)
            }
            AppAction::Remove { app } => {
                let app = named::app(engine, &app).await?;
                engine.delete_app(&app.id).await?;
                if shared.json {
                    return terminal.json(&serde_json::json!({ "removed": app.id }));
                }
                terminal.line(&format!("Removed {}.", app.name))
            }
        }
    })
    .await
}

fn rules_of(rules: AppRulesArguments, now: UnixMillis) -> AppRules {
    const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;
    AppRules {
        models: rules.allow,
        answers_with: rules.answers_with,
        requests_a_minute: rules.requests_a_minute,
        requests_at_once: rules.requests_at_once,
        expires_at: rules
            .expires_in_days
            .map(|days| UnixMillis(now.0.saturating_add(i64::from(days) * DAY_MILLIS))),
        keeps_texts: !rules.keep_no_texts,
        holds_back: rules.hold_back,
        first_token_millis: rules.first_token_millis,
        origins: rules.origin,
    }
}

/// The token alone on standard output, so that a script can put it where it belongs.
fn show_token(
    shared: &Shared,
    app: &App,
    token: &SecretString,
    now: UnixMillis,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let token = shown_once(token);
    if shared.json {
        return terminal.json(&AppWithToken {
            app: report(app, now),
            token,
        });
    }
    terminal.note(&format!(
        "The token of {} ({}). It is shown this once:",
        app.name, app.id
    ));
    terminal.line(&token)
}

fn list(
    shared: &Shared,
    apps: &[App],
    now: UnixMillis,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    if shared.json {
        let apps: Vec<_> = apps.iter().map(|app| report(app, now)).collect();
        return terminal.json(&serde_json::json!({ "apps": apps }));
    }
    if apps.is_empty() {
        terminal.note("There is no app yet. Add one: patchbay app add NAME");
        return Ok(());
    }
    let mut table = Table::new(&[
        ("ID", Side::Left),
        ("NAME", Side::Left),
        ("TOKEN", Side::Left),
        ("STATE", Side::Left),
        ("LAST ASKED", Side::Left),
        ("MAY ASK", Side::Left),
    ]);
    for app in apps {
        table.row([
            app.id.clone(),
            app.name.clone(),
            format!("…{}", app.token_hint),
            state(app, now).to_owned(),
            app.last_used_at
                .map_or_else(|| "never".to_owned(), moment_text),
            if app.rules.models.is_empty() {
                "all".to_owned()
            } else {
                app.rules.models.join(", ")
            },
        ]);
    }
    terminal.print(&table.text())
}
