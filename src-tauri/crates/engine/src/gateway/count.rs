//! How many tokens an app's request has.

use std::time::Duration;

use patchbay_domain::route::Need;
use patchbay_domain::{App, ChatRequest, WireFamily};

use super::ask::allowed;
use super::wish::Wish;
use crate::{Engine, EngineError};

/// Programs count before each request, so whoever counts slowly is not waited for.
const COUNTED_WITHIN: Duration = Duration::from_secs(5);

/// Whether a format has a page that counts. The model in this process speaks none, and counts itself.
fn can_count(family: Option<WireFamily>) -> bool {
    use WireFamily::{AnthropicMessages, Gemini, Vertex};
    matches!(family, Some(AnthropicMessages | Gemini | Vertex) | None)
}

/// So many tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenCount {
    /// How many.
    pub tokens: u64,
    /// Worked out here from the length of the text; whoever would be asked was not, or could not say.
    pub is_estimate: bool,
}

impl Engine {
    /// Counts the tokens of a request, by whoever would be asked first where their format can be asked
    /// for that. It costs nothing, so it is no run and has no receipt.
    ///
    /// # Errors
    /// The app may not ask for this, a name stands for nothing, or the database cannot be read. A
    /// provider that cannot count is none: that is an estimate.
    pub async fn count_tokens_for_app(
        &self,
        app: &App,
        wish: Wish,
        request: ChatRequest,
    ) -> Result<TokenCount, EngineError> {
        let wish = allowed(&app.rules, wish)?;
        let need = Need::of(&request);
        let counting = self.counted(&wish, request, &need);
        let counted = match tokio::time::timeout(COUNTED_WITHIN, counting).await {
            Ok(counted) => counted?,
            Err(_) => None,
        };
        Ok(TokenCount {
            tokens: counted.unwrap_or(need.input_tokens),
            is_estimate: counted.is_none(),
        })
    }

    async fn counted(
        &self,
        wish: &Wish,
        request: ChatRequest,
        need: &Need,
    ) -> Result<Option<u64>, EngineError> {
        let wanted = self.wanted_by_app(wish, &request).await?;
        let route = match wanted.made {
            Some(made) => made,
            None => self.route_of(&wanted.target).await?,
        };
        let plan = self.plan_along(&route, need).await?;
        let Some(first) = plan.steps.first() else {
            return Ok(None);
        };
        let known = self.known_ways().await?;
        let access = self.endpoint_access(&known, &first.endpoint, false)?;
        // Of the others none is asked for its key in vain.
        if !can_count(access.family) {
            return Ok(None);
        }
        let counted = async {
            let connected = (access.connect)(0).await?;
            let request = ChatRequest {
                model: first.endpoint.model.clone(),
                ..request
            };
            connected.provider.count_tokens(request).await
        };
        Ok(counted.await.unwrap_or_else(|failure| {
            tracing::info!(%failure, "tokens could not be counted by the provider");
            None
        }))
    }
}
