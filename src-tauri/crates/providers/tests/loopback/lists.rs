//! Lists of models that no honest server sends.

use patchbay_domain::{FailureClass, ModelListing, ModelProvider, WireFamily};
use patchbay_providers::{BaseUrl, Credential, ProviderConfig, connect};

use super::server::{Server, json};
use super::{KEY, http};

const FAMILIES: [WireFamily; 4] = [
    WireFamily::OpenAiChat,
    WireFamily::AnthropicMessages,
    WireFamily::Gemini,
    WireFamily::Ollama,
];

/// What is kept of a list at the most.
const MOST: usize = 10_000;

fn provider(family: WireFamily, server: &Server) -> std::sync::Arc<dyn ModelProvider> {
    let base_url = BaseUrl::parse(&server.base("")).unwrap();
    let config = ProviderConfig::new("Tiny", family, base_url, Credential::Key(KEY.into()));
    connect(http(), config).unwrap()
}

/// A list in every family's shape at once.
fn list(ids: &[String], next: &str) -> String {
    let entries: Vec<_> = ids
        .iter()
        .map(|id| serde_json::json!({ "id": id, "name": id }))
        .collect();
    let entries = serde_json::Value::from(entries);
    format!(
        r#"{{"data":{entries},"models":{entries},"has_more":{},"last_id":"{next}","nextPageToken":"{next}"}}"#,
        !next.is_empty()
    )
}

async fn listed(family: WireFamily, body: String) -> Vec<ModelListing> {
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/api/show" => json(404, "{}"),
        _ => json(200, &body),
    })
    .await;
    provider(family, &server).list_models().await.unwrap()
}

#[tokio::test]
async fn of_a_list_without_end_only_so_much_is_kept() {
    let ids: Vec<_> = (0..100_000).map(|number| number.to_string()).collect();
    for family in FAMILIES {
        let models = listed(family, list(&ids, "")).await;
        assert_eq!(models.len(), MOST, "{family:?}");
    }
}

#[tokio::test]
async fn ids_that_would_break_a_log_or_an_address_are_left_out() {
    let long = "x".repeat(10 * 1_024);
    let ids = [
        "good",
        "a\nlevel=error",
        "a\u{1b}[2J",
        "\u{202e}doog",
        &long,
    ];
    let body = list(&ids.map(str::to_owned), "");
    for family in FAMILIES {
        let models = listed(family, body.clone()).await;
        assert_eq!(models.len(), 1, "{family:?}");
        assert_eq!(models[0].id, "good", "{family:?}");
    }
}

#[tokio::test]
async fn a_list_that_is_too_large_is_not_read_to_its_end() {
    let body = format!("{{\"data\":[\"{}\"]}}", "x".repeat(17 * 1024 * 1024));
    for family in FAMILIES {
        let body = body.clone();
        let server = Server::start(move |_| json(200, &body)).await;
        let failure = provider(family, &server).list_models().await.unwrap_err();
        assert_eq!(failure.class, FailureClass::ResponseTooLarge, "{family:?}");
    }
}

#[tokio::test]
async fn pages_that_lead_on_and_on_come_to_an_end() {
    for family in [WireFamily::AnthropicMessages, WireFamily::Gemini] {
        for (entries, pages) in [(4_000, 3), (1, 50)] {
            let count = std::sync::atomic::AtomicUsize::new(0);
            let server = Server::start(move |_| {
                let page = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let ids: Vec<_> = (0..entries)
                    .map(|entry| format!("{page}-{entry}"))
                    .collect();
                json(200, &list(&ids, &format!("page-{page}")))
            })
            .await;
            let models = provider(family, &server).list_models().await.unwrap();
            let asked = server.asked().len();
            assert!(asked <= pages, "{family:?} asked for {asked} pages");
            assert_eq!(models.len(), (asked * entries).min(MOST), "{family:?}");
        }
    }
}
