//! Servers that run on this computer: found when somebody looks, offered, never added by themselves.

use patchbay_domain::Origin;
use patchbay_providers::{BaseUrl, Preset, find_local_servers};

use crate::{Engine, EngineError};

/// A server on this computer that is not among the providers.
#[derive(Clone, Debug)]
pub struct FoundServer {
    /// Which kind it is.
    pub preset: &'static Preset,
    /// Where it is.
    pub base_url: String,
    /// Its models.
    pub models: Vec<String>,
}

impl Engine {
    /// Asks the usual ports on loopback, and no others. No key is sent.
    ///
    /// # Errors
    /// The database cannot be read. That nobody listens is no error.
    pub async fn find_local_servers(&self) -> Result<Vec<FoundServer>, EngineError> {
        let known: Vec<Origin> = self
            .store
            .providers()
            .await?
            .into_iter()
            .map(|record| record.origin)
            .collect();
        let Ok(http) = self.http.client() else {
            return Ok(Vec::new());
        };
        let found = find_local_servers(&http).await;
        Ok(found
            .into_iter()
            .filter(|server| is_new(&server.base_url, &known))
            .filter_map(|server| {
                Some(FoundServer {
                    preset: Preset::by_id(server.preset_id)?,
                    base_url: server.base_url.to_string(),
                    models: server.models,
                })
            })
            .collect())
    }
}

/// `localhost` and `127.0.0.1` are one server where the port is the same.
fn is_new(base_url: &BaseUrl, known: &[Origin]) -> bool {
    let port = |origin: &str| origin.rsplit_once(':').map(|(_, port)| port.to_owned());
    let own = base_url.origin();
    !known.iter().any(|origin| {
        let is_here = BaseUrl::parse(origin.as_str()).is_ok_and(|known| known.is_loopback());
        is_here && port(origin.as_str()) == port(own.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_a_provider_is_not_offered_by_another_name() {
        let known = [
            Origin::from_serialized("http://localhost:11434".to_owned()),
            Origin::from_serialized("https://example.com:1234".to_owned()),
        ];
        let found = |text: &str| is_new(&BaseUrl::parse(text).unwrap(), &known);
        assert!(!found("http://127.0.0.1:11434"));
        assert!(found("http://127.0.0.1:1234/v1"));
    }
}
