//! `patchbay telemetry`: sending on what is asked and spent.

use patchbay_engine::{TelemetrySettings, TelemetryStatus, moment_text};

use crate::arguments::{Shared, TelemetryAction};
use crate::failure::Failed;
use crate::terminal::Terminal;
use crate::{secret, session};

pub(crate) async fn carry_out(
    shared: &Shared,
    action: TelemetryAction,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::with_engine(shared, terminal, async |engine, terminal| {
        let before = engine.telemetry().await;
        let status = match action {
            TelemetryAction::Status => before,
            TelemetryAction::On {
                address,
                header,
                source,
            } => {
                let secret = secret::read(&source, terminal)?;
                let is_same = address.is_none() && header.is_none();
                let settings = TelemetrySettings {
                    is_on: true,
                    address: address.unwrap_or(before.settings.address),
                    header: if is_same {
                        before.settings.header
                    } else {
                        header
                    },
                    scheme: None,
                };
                engine.set_telemetry(settings, secret).await?
            }
            TelemetryAction::Off => {
                let settings = TelemetrySettings {
                    is_on: false,
                    ..before.settings
                };
                engine.set_telemetry(settings, None).await?
            }
            TelemetryAction::Test => {
                let tested = engine.test_telemetry().await?;
                if let Some(problem) = tested.delivery.problem {
                    return Err(Failed::new(
                        problem,
                        "Look at the address and the secret: patchbay telemetry status",
                    ));
                }
                tested
            }
        };
        report(shared, &status, terminal)
    })
    .await
}

fn report(
    shared: &Shared,
    status: &TelemetryStatus,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let TelemetryStatus {
        settings,
        has_secret,
        delivery,
    } = status;
    if shared.json {
        return terminal.json(&serde_json::json!({
            "is_on": settings.is_on,
            "address": settings.address,
            "header": settings.header,
            "has_secret": has_secret,
            "last_sent_at": delivery.last_at.map(moment_text),
        }));
    }
    if !settings.is_on {
        return terminal.line("Nothing is sent on.");
    }
    let with = match &settings.header {
        Some(header) => format!(", with a secret in the header {header}"),
        None => String::new(),
    };
    terminal.line(&format!(
        "What is asked and spent is sent to {}{with}.",
        settings.address
    ))?;
    if let Some(at) = delivery.last_at {
        terminal.note(&format!("The collector took it at {}.", moment_text(at)));
    }
    Ok(())
}
