//! `patchbay gateway`: what the window's gateway does. `serve` always listens.

use patchbay_engine::GatewayChoice;

use crate::arguments::{GatewayAction, Shared};
use crate::failure::Failed;
use crate::session;
use crate::terminal::Terminal;

pub(crate) async fn carry_out(
    shared: &Shared,
    action: GatewayAction,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::with_engine(shared, terminal, async |engine, terminal| {
        let before = engine.gateway_choice().await?;
        let choice = match action {
            GatewayAction::Status => before,
            GatewayAction::On { port } => GatewayChoice {
                is_on: true,
                port: port.unwrap_or(before.port),
            },
            GatewayAction::Off => GatewayChoice {
                is_on: false,
                ..before
            },
        };
        if choice != before {
            engine.set_gateway_choice(choice).await?;
        }
        if shared.json {
            return terminal.json(&serde_json::json!({
                "is_on": choice.is_on,
                "port": choice.port,
            }));
        }
        if choice.is_on {
            return terminal.line(&format!(
                "While the window runs, its gateway listens at http://127.0.0.1:{}.",
                choice.port
            ));
        }
        terminal.line("The window's gateway is off.")?;
        terminal.note("It listens in any case with: patchbay serve");
        Ok(())
    })
    .await
}
