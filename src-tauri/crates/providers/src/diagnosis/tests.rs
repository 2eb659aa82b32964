use super::*;
use crate::errors::{
    CERTIFICATE_EXPIRED, CERTIFICATE_OF_STRANGER, CERTIFICATE_OF_TOMORROW, NO_HTTPS,
};

const NOW: UnixMillis = UnixMillis(1_795_623_009_000);

fn failure(class: Class, message: &str) -> Failure {
    Failure::new(class, message)
}

struct Test {
    failure: Failure,
    address: &'static str,
    preset: &'static str,
    key_preset: &'static str,
    has_key: bool,
    clock_is_ahead_by_minutes: i64,
    through_proxy: bool,
}

impl Test {
    fn of(class: Class, preset: &'static str, address: &'static str) -> Self {
        Self {
            failure: failure(class, "The provider's words."),
            address,
            preset,
            key_preset: "",
            has_key: true,
            clock_is_ahead_by_minutes: 0,
            through_proxy: false,
        }
    }

    fn diagnosis(&self) -> Diagnosis {
        diagnose(Circumstances {
            failure: &self.failure,
            base_url: &BaseUrl::parse(self.address).unwrap(),
            preset: Preset::by_id(self.preset),
            key_preset: Preset::by_id(self.key_preset),
            has_key: self.has_key,
            server_date: Some(UnixMillis(NOW.0 - self.clock_is_ahead_by_minutes * 60_000)),
            now: NOW,
            through_proxy: self.through_proxy,
        })
    }

    fn says(&self, kind: DiagnosisKind, words: &[&str]) {
        let diagnosis = self.diagnosis();
        let text = format!("{} {}", diagnosis.sentence, diagnosis.advice);
        assert_eq!(diagnosis.kind, kind, "{text}");
        for word in words {
            assert!(text.contains(word), "\"{word}\" is not in: {text}");
        }
    }
}

#[test]
fn a_bad_key_names_the_page_on_which_keys_are_made() {
    Test::of(Class::Authentication, "openai", "https://api.openai.com/v1").says(
        DiagnosisKind::BadKey,
        &[
            "OpenAI does not accept this key.",
            "https://platform.openai.com/api-keys",
        ],
    );
    Test {
        has_key: false,
        ..Test::of(Class::Authentication, "openai", "https://api.openai.com/v1")
    }
    .says(DiagnosisKind::BadKey, &["there is none"]);
}

#[test]
fn a_key_of_somebody_else_is_recognised() {
    Test {
        key_preset: "openrouter",
        ..Test::of(Class::Authentication, "openai", "https://api.openai.com/v1")
    }
    .says(
        DiagnosisKind::OtherProvider,
        &["This looks like a key of OpenRouter, not of OpenAI."],
    );
    // Without a preset the host is the name.
    Test {
        key_preset: "anthropic",
        ..Test::of(
            Class::PermissionDenied,
            "openai_compatible",
            "https://llm.example/v1",
        )
    }
    .says(DiagnosisKind::OtherProvider, &["Anthropic", "llm.example"]);
}

#[test]
fn two_addresses_of_one_maker_share_their_keys() {
    Test {
        key_preset: "bedrock",
        ..Test::of(
            Class::Authentication,
            "bedrock_mantle",
            "https://bedrock-mantle.us-east-1.api.aws/v1",
        )
    }
    .says(DiagnosisKind::BadKey, &[]);
}

#[test]
fn an_empty_account_names_the_page_on_which_money_is_put_in() {
    Test::of(
        Class::PaymentRequired,
        "deepseek",
        "https://api.deepseek.com",
    )
    .says(
        DiagnosisKind::NoCredit,
        &["no credit", "https://platform.deepseek.com/top_up"],
    );
}

#[test]
fn a_place_that_is_not_served_is_told_from_a_bad_key() {
    let mut test = Test::of(
        Class::PermissionDenied,
        "openai",
        "https://api.openai.com/v1",
    );
    test.failure.code = Some("unsupported_country_region_territory".to_owned());
    test.says(DiagnosisKind::WrongRegion, &["OpenAI"]);
    let mut google = Test::of(
        Class::InvalidRequest,
        "google",
        "https://generativelanguage.googleapis.com/v1beta",
    );
    google.failure.message = "User location is not supported for the API use.".to_owned();
    google.says(DiagnosisKind::WrongRegion, &["Google AI Studio"]);
}

#[test]
fn a_refused_key_may_be_one_of_another_region() {
    for (preset, address, hint) in [
        ("zai", "https://api.z.ai/api/paas/v4", "Zhipu BigModel"),
        ("zhipu", "https://open.bigmodel.cn/api/paas/v4", "Z.ai"),
        (
            "moonshot",
            "https://api.moonshot.ai/v1",
            "Moonshot (Kimi), China",
        ),
        ("minimax_china", "https://api.minimaxi.com/v1", "MiniMax"),
        (
            "alibaba",
            "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
            "Singapore, Virginia, Beijing, Hong Kong",
        ),
    ] {
        Test::of(Class::Authentication, preset, address).says(DiagnosisKind::BadKey, &[hint]);
    }
}

#[test]
fn a_permission_that_is_missing_is_named_with_what_is_needed() {
    Test::of(
        Class::PermissionDenied,
        "huggingface",
        "https://router.huggingface.co/v1",
    )
    .says(
        DiagnosisKind::Permission,
        &["The provider's words.", "Inference Providers"],
    );
}

#[test]
fn a_wrong_clock_is_blamed_only_where_it_spoils_the_key() {
    let refused = |preset, address, minutes| Test {
        clock_is_ahead_by_minutes: minutes,
        ..Test::of(Class::Authentication, preset, address)
    };
    let vertex = "https://aiplatform.googleapis.com/v1/projects/p/locations/global";
    refused("vertex", vertex, 6).says(DiagnosisKind::Clock, &["6 minutes ahead"]);
    refused("vertex", vertex, -90).says(DiagnosisKind::Clock, &["90 minutes behind"]);
    refused("vertex", vertex, 5).says(DiagnosisKind::BadKey, &[]);
    refused("openai", "https://api.openai.com/v1", 60)
        .says(DiagnosisKind::BadKey, &["60 minutes ahead"]);
}

#[test]
fn a_certificate_that_does_not_fit_is_the_clock_or_somebody_who_reads_along() {
    let tls = |words: &str, preset, address| Test {
        failure: failure(Class::Tls, words),
        ..Test::of(Class::Tls, preset, address)
    };
    let openai = "https://api.openai.com/v1";
    tls(CERTIFICATE_EXPIRED, "openai", openai).says(DiagnosisKind::Clock, &["clock"]);
    tls(CERTIFICATE_OF_TOMORROW, "openai", openai).says(DiagnosisKind::Clock, &["clock"]);
    tls(CERTIFICATE_OF_STRANGER, "openai", openai).says(DiagnosisKind::Proxy, &["reads along"]);
    // A server of one's own may well have such a certificate.
    tls(CERTIFICATE_OF_STRANGER, "litellm", "https://llm.example/v1")
        .says(DiagnosisKind::Network, &["trusts"]);
    tls(NO_HTTPS, "vllm", "https://127.0.0.1:8000/v1").says(DiagnosisKind::Address, &["http://"]);
}

/// Installed without the library of its database it says nothing but "Internal Server Error".
#[test]
fn a_litellm_proxy_that_falls_over_a_missing_key_may_want_one() {
    let mut test = Test::of(Class::ServerError, "litellm", "http://127.0.0.1:4000/v1");
    test.failure.status = Some(500);
    test.says(DiagnosisKind::Other, &["The provider's words."]);
    test.has_key = false;
    test.says(DiagnosisKind::BadKey, &["without a key", "enter a key"]);
    test.failure.status = Some(503);
    test.says(DiagnosisKind::Other, &["The provider's words."]);
}

#[test]
fn a_proxy_that_answers_itself_is_recognised() {
    let mut test = Test::of(Class::ConnectionLost, "openai", "https://api.openai.com/v1");
    test.failure.status = Some(407);
    test.says(DiagnosisKind::Proxy, &["sign-in"]);
    Test::of(
        Class::UnexpectedContent,
        "openai",
        "https://api.openai.com/v1",
    )
    .says(DiagnosisKind::Proxy, &["sign-in page"]);
    Test {
        through_proxy: true,
        ..Test::of(Class::ConnectionLost, "openai", "https://api.openai.com/v1")
    }
    .says(DiagnosisKind::Proxy, &["HTTPS_PROXY"]);
    Test {
        through_proxy: true,
        ..Test::of(
            Class::ConnectionRefused,
            "openai",
            "https://api.openai.com/v1",
        )
    }
    .says(DiagnosisKind::Proxy, &["HTTPS_PROXY"]);
}

#[test]
fn a_wrong_address_says_what_an_address_looks_like() {
    Test::of(Class::NotFound, "openai_compatible", "https://llm.example").says(
        DiagnosisKind::Address,
        &["https://llm.example is not", "/v1"],
    );
    Test::of(
        Class::UnexpectedContent,
        "openai_compatible",
        "https://llm.example/docs",
    )
    .says(DiagnosisKind::Address, &["The provider's words."]);
    Test::of(
        Class::Redirected,
        "openai_compatible",
        "http://llm.example/v1",
    )
    .says(DiagnosisKind::Address, &["leads to"]);
}

#[test]
fn a_server_that_does_not_run_is_named() {
    Test::of(Class::ConnectionRefused, "ollama", "http://127.0.0.1:11434").says(
        DiagnosisKind::NotRunning,
        &["Ollama is not running at http://127.0.0.1:11434."],
    );
    Test::of(
        Class::ConnectionRefused,
        "openai_compatible",
        "http://localhost:1234/v1",
    )
    .says(DiagnosisKind::NotRunning, &["LM Studio is not running"]);
    Test::of(Class::ConnectionRefused, "", "http://localhost:1234/v1")
        .says(DiagnosisKind::NotRunning, &["LM Studio is not running"]);
    Test::of(Class::ConnectionRefused, "", "http://localhost:9/v1")
        .says(DiagnosisKind::NotRunning, &["No server is running"]);
    Test::of(Class::ConnectionRefused, "", "http://192.168.1.5:9/v1")
        .says(DiagnosisKind::Address, &["Nobody listens"]);
}

#[test]
fn names_and_times_are_the_networks() {
    Test::of(
        Class::NameNotResolved,
        "openai",
        "https://api.openai.com/v1",
    )
    .says(DiagnosisKind::Network, &["api.openai.com", "internet"]);
    Test::of(
        Class::NameNotResolved,
        "azure",
        "https://typo.openai.azure.com/openai/v1",
    )
    .says(
        DiagnosisKind::Address,
        &["typo.openai.azure.com", "resource"],
    );
    Test::of(
        Class::ConnectTimeout,
        "groq",
        "https://api.groq.com/openai/v1",
    )
    .says(DiagnosisKind::Network, &["in time"]);
}

#[test]
fn the_rest_is_said_in_the_providers_words() {
    Test::of(Class::Overloaded, "openai", "https://api.openai.com/v1")
        .says(DiagnosisKind::Other, &["The provider's words."]);
}

#[test]
fn the_words_for_contracts_are_those_that_are_stored() {
    for kind in [
        DiagnosisKind::BadKey,
        DiagnosisKind::NotRunning,
        DiagnosisKind::WrongRegion,
    ] {
        let stored = serde_json::to_string(&kind).unwrap();
        assert_eq!(stored, format!("\"{}\"", kind.as_str()));
    }
}
