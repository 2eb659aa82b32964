//! Lists of models that grow old while Patchbay is open.

use std::sync::Arc;
use std::time::Duration;

use patchbay_domain::{Clock, ProviderId, UnixMillis};
use patchbay_engine::{Change, Engine, EngineOptions, ProviderDetail, ProviderForm};
use patchbay_testkit::{ManualClock, ScriptedOptions, ScriptedProvider};
use tempfile::TempDir;
use tokio::sync::broadcast;

use crate::support::{DEADLINE, form, vault_without_keychain};

const HOUR: u64 = 60 * 60 * 1_000;

/// A clock that the test and the engine share.
struct Shared(Arc<ManualClock>);

impl Clock for Shared {
    fn now(&self) -> UnixMillis {
        self.0.now()
    }

    fn monotonic_millis(&self) -> u64 {
        self.0.monotonic_millis()
    }
}

struct Aging {
    engine: Arc<Engine>,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

impl Aging {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::default());
        let options = EngineOptions {
            data_folder: folder.path().to_owned(),
            models_folder: folder.path().join("models"),
        };
        let opened = Engine::open_with(
            options,
            vault_without_keychain(),
            Arc::new(Shared(Arc::clone(&clock))),
        );
        Self {
            engine: Arc::new(opened.await.unwrap().0),
            clock,
            _folder: folder,
        }
    }

    async fn add(&self, form: ProviderForm) -> ProviderId {
        self.engine.save_provider(form).await.unwrap().record.id
    }

    async fn detail(&self, id: &ProviderId) -> ProviderDetail {
        let all = self.engine.providers().await.unwrap();
        all.into_iter()
            .find(|detail| detail.record.id == *id)
            .unwrap()
    }

    /// Waits until the store says that something of a list is new, and this is so.
    async fn until(
        &self,
        changes: &mut broadcast::Receiver<Change>,
        id: &ProviderId,
        is_so: impl Fn(&ProviderDetail) -> bool,
    ) -> ProviderDetail {
        let seen = async {
            loop {
                let detail = self.detail(id).await;
                if is_so(&detail) {
                    return detail;
                }
                changes.recv().await.unwrap();
            }
        };
        tokio::time::timeout(DEADLINE, seen).await.unwrap()
    }
}

fn lists(server: &ScriptedProvider) -> usize {
    let asked = server.requests().into_iter();
    asked
        .filter(|request| request.path.ends_with("/models"))
        .count()
}

#[tokio::test]
async fn an_old_list_is_read_again_when_the_window_is_shown() {
    let aging = Aging::start().await;
    let server = ScriptedProvider::start().unwrap();
    let id = aging.add(form("Scripted", &server.base_url(), None)).await;
    let (_, first) = aging.detail(&id).await.models.unwrap();
    assert_eq!(lists(&server), 1);

    let mut changes = aging.engine.changes();
    aging.clock.advance(6 * HOUR);
    aging.engine.keep_lists_fresh(Duration::ZERO);
    let read = |since: UnixMillis| {
        move |detail: &ProviderDetail| detail.models.is_some_and(|(_, at)| at > since)
    };
    let detail = aging.until(&mut changes, &id, read(first)).await;
    let (_, second) = detail.models.unwrap();
    assert_eq!(second.0 - first.0, 6 * HOUR as i64);

    // Not yet old, however often somebody looks; then old.
    aging.clock.advance(5 * HOUR);
    aging.engine.window_shown();
    aging.clock.advance(HOUR);
    aging.engine.window_shown();
    aging.until(&mut changes, &id, read(second)).await;
    assert_eq!(lists(&server), 3);
    aging.engine.close().await;
}

#[tokio::test]
async fn a_list_that_cannot_be_had_keeps_the_older_one_and_says_when() {
    let aging = Aging::start().await;
    let server = ScriptedProvider::start().unwrap();
    let id = aging.add(form("Scripted", &server.base_url(), None)).await;
    let (before, first) = aging.detail(&id).await.models.unwrap();
    drop(server);

    let mut changes = aging.engine.changes();
    aging.clock.advance(7 * HOUR);
    aging.engine.keep_lists_fresh(Duration::ZERO);
    let detail = aging
        .until(&mut changes, &id, |detail| detail.models_failure.is_some())
        .await;
    assert_eq!(detail.models, Some((before, first)), "the older list stays");
    assert_eq!(detail.models_failure.unwrap().at, aging.clock.now());
    aging.engine.close().await;
}

#[tokio::test]
async fn nobody_is_asked_without_the_key_that_it_wants() {
    let aging = Aging::start().await;
    let wants_a_key = ScriptedProvider::start_with(ScriptedOptions {
        expected_key: Some("sk-or-made-up".to_owned()),
        ..ScriptedOptions::default()
    })
    .unwrap();
    let open = ScriptedProvider::start().unwrap();
    let keyless = aging
        .add(ProviderForm {
            preset: Some("openrouter".to_owned()),
            ..form("Keyless", &wants_a_key.url("/openrouter/api/v1"), None)
        })
        .await;
    let other = aging.add(form("Open", &open.base_url(), None)).await;
    let (asked, failed) = (lists(&wants_a_key), aging.detail(&keyless).await);
    let (_, first) = aging.detail(&other).await.models.unwrap();

    let mut changes = aging.engine.changes();
    aging.clock.advance(7 * HOUR);
    aging.engine.keep_lists_fresh(Duration::ZERO);
    // Providers are taken in their order, so the first was passed over when the second is read.
    aging
        .until(&mut changes, &other, |detail| {
            detail.models.is_some_and(|(_, at)| at > first)
        })
        .await;
    assert_eq!(lists(&wants_a_key), asked);
    let detail = aging.detail(&keyless).await;
    assert_eq!(detail.models_failure, failed.models_failure);
    aging.engine.close().await;
}
