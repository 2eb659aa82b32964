//! Six providers of six wire families, added in the window: one list, an answer from each, and for
//! each the tokens and the cost that its own server counts.

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Journey, Page, Setup, Target, journey};
use patchbay_testkit::{RecordedRequest, ScriptedProvider};
use serde_json::{Value, json};

use crate::steps::{
    LIMIT, add_preset, answer_over, ask, choose_way, go_to, newest_conversation, provider_card,
    receipt,
};

/// A preset by its name in the window, where the scripted provider speaks its family, what opens it,
/// and the word for the family.
struct Way {
    preset: &'static str,
    base: &'static str,
    secret: Secret,
    family: &'static str,
}

enum Secret {
    None,
    /// A key of the provider's shape.
    Key(&'static str),
    /// The file of a Google service account, with which access tokens are asked for.
    ServiceAccount,
}

const WAYS: [Way; 6] = [
    Way {
        preset: "DeepSeek",
        base: "/deepseek",
        secret: Secret::Key("sk-patchbay-journey-of-deepseek"),
        family: "openai_chat",
    },
    Way {
        preset: "OpenAI",
        base: "/v1",
        secret: Secret::Key("sk-proj-patchbay-journey-of-openai"),
        family: "openai_responses",
    },
    Way {
        preset: "Anthropic",
        base: "/v1",
        secret: Secret::Key("sk-ant-patchbay-journey-of-anthropic"),
        family: "anthropic_messages",
    },
    Way {
        preset: "Google AI Studio",
        base: "/v1beta",
        secret: Secret::Key("AIza-patchbay-journey-of-google"),
        family: "gemini",
    },
    Way {
        preset: "Ollama",
        base: "",
        secret: Secret::None,
        family: "ollama",
    },
    Way {
        preset: "Google Vertex AI",
        base: "/v1",
        secret: Secret::ServiceAccount,
        family: "vertex",
    },
];

/// The Google project of the made-up account.
const PROJECT: &str = "patchbay-journey";

/// Dollars per million tokens of prompt, answer, cache read and cache write.
const PRICE: [(&str, u64); 4] = [
    ("input", 1_000),
    ("output", 10_000),
    ("cacheRead", 100),
    ("cacheWrite", 2_000),
];

#[test]
fn six_families_are_added_listed_asked_and_billed() -> Result<()> {
    journey("families", LIMIT * 2, async |journey| walk(journey).await)
}

async fn walk(journey: &Journey) -> Result<()> {
    let provider = ScriptedProvider::start()?;
    let (app, page) = journey.start(Setup::new()).await?;
    let account = service_account(&provider.url("/token"))?;
    for way in &WAYS {
        let (field, secret) = match way.secret {
            Secret::None => ("Key", ""),
            Secret::Key(key) => ("Key", key),
            Secret::ServiceAccount => ("Service account", account.as_str()),
        };
        add_preset(&page, way.preset, &provider.url(way.base), field, secret).await?;
        page.see(&provider_card(way.preset)).await?;
    }
    let listed: Vec<Value> = page.call("provider_list", Value::Null).await?;
    for (way, provider) in WAYS.iter().zip(&listed) {
        ensure!(provider["family"] == way.family, "{provider}");
        ensure!(provider["modelsFailure"].is_null(), "{provider}");
    }
    for (way, listed) in WAYS.iter().zip(&listed) {
        let id = listed["id"].as_str().context("no id")?;
        ask_one(&page, way, id, &provider)
            .await
            .with_context(|| way.preset.to_owned())?;
    }
    // One token was asked for with a signature, and the secret of the file went nowhere.
    ensure!(provider.assertions().len() == 1, "not one token was made");
    let secret = account.get(200..260).context("a short file")?;
    let went_out =
        |request: &RecordedRequest| request.body.contains(secret) || request.query.contains(secret);
    ensure!(!provider.requests().iter().any(went_out), "the file left");
    app.close_cleanly().await?;
    let found = app.data().files_with(secret)?;
    ensure!(found.is_empty(), "the file is in {found:?}");
    Ok(())
}

/// The file of a service account, made up with a key that is made anew, in one line as the window
/// makes it of a file. Its tokens are made by this server.
fn service_account(token_uri: &str) -> Result<String> {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256)?;
    let file = json!({
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "made-up",
        "private_key": pair.serialize_pem(),
        "client_email": "journey@patchbay-journey.iam.gserviceaccount.com",
        "token_uri": token_uri,
    });
    Ok(file.to_string())
}

async fn ask_one(page: &Page, way: &Way, id: &str, provider: &ScriptedProvider) -> Result<()> {
    let models: Vec<Value> = page.call("model_list", Value::Null).await?;
    let model = models
        .iter()
        .filter(|model| model["endpoint"]["providerId"] == id)
        .filter_map(|model| model["endpoint"]["model"].as_str())
        .find(|model| model.starts_with("usage-cached"))
        .context("the list has no such model")?;
    let mut price = json!({ "endpoint": { "providerId": id, "model": model },
        "input": null, "output": null, "cacheRead": null, "cacheWrite": null,
        "reasoning": null, "perRequest": null });
    for (name, rate) in PRICE {
        price[name] = json!(format!("{}.{:03}", rate / 1_000, rate % 1_000));
    }
    page.call::<Value>("price_set", price).await?;

    go_to(page, "Chat").await?;
    page.press(&Target::button("New chat")).await?;
    choose_way(page, id, model).await?;
    ask(page, "How much is that?").await?;
    answer_over(page).await?;

    let bill = provider.bill();
    let billed = bill.last().context("nothing was billed")?;
    if let Secret::Key(key) = way.secret {
        ensure!(
            billed.key_ending.as_deref() == key.get(key.len() - 4..),
            "another key was billed: {billed:?}"
        );
    }
    if matches!(way.secret, Secret::ServiceAccount) {
        let asked = provider.chat_requests();
        let path = &asked.last().context("nothing was asked")?.path;
        let place = format!("/v1/projects/{PROJECT}/locations/global/publishers/google/models/");
        ensure!(path.starts_with(&place), "{path}");
    }
    let [(_, input), (_, output), (_, cache_read), (_, cache_write)] = PRICE;
    let owed = billed.input as u64 * input
        + (billed.output + billed.reasoning) as u64 * output
        + billed.cache_read as u64 * cache_read
        + (billed.cache_write + billed.cache_write_long) as u64 * cache_write;
    let conversation = newest_conversation(page).await?;
    let answer = conversation.last_answer()?;
    let run = answer.run.as_ref().context("the answer has no run")?;
    let cost = &run["receipt"]["cost"]["nanoUsd"];
    ensure!(cost.as_u64() == Some(owed), "{cost} instead of {owed}");
    let shown = receipt(page).await?;
    let cached = format!("{}", billed.cache_read);
    ensure!(shown.contains(&cached), "no {cached} in:\n{shown}");
    ensure!(shown.contains("Your own price"), "{shown}");
    Ok(())
}
