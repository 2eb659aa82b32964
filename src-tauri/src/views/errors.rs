//! Errors of the engine, with the codes that the window branches on.

use patchbay_contract::{ErrorCode, IpcError};
use patchbay_engine::{EngineError, StoreError, VaultState};

use super::receipts::failure;

/// An error of the engine, with the code that the window branches on. Logged here, once.
pub(crate) fn error(error: EngineError) -> IpcError {
    match error {
        EngineError::Store(error) => store_error(&error),
        EngineError::Vault(error) => {
            let state = error.state();
            IpcError {
                detail: Some(patchbay_engine::with_causes(&error)),
                ..IpcError::new(
                    ErrorCode::VaultUnavailable,
                    state.map_or_else(|| error.to_string(), |state| format!("{}.", state.title())),
                    state.map_or(
                        "Delete the key and enter it again.",
                        VaultState::explanation,
                    ),
                )
            }
        }
        EngineError::Provider {
            provider_name,
            failure: cause,
        } => {
            let view = failure(&cause, &provider_name);
            IpcError {
                failure: Some(Box::new(view.clone())),
                ..IpcError::new(ErrorCode::ProviderFailed, view.sentence, view.advice)
            }
        }
        EngineError::Input(input) => IpcError {
            field: Some(camel_case(&input.field)),
            ..IpcError::new(ErrorCode::InvalidInput, input.sentence, input.advice)
        },
        EngineError::NotFound(what) => IpcError::new(
            ErrorCode::NotFound,
            format!("{what} is not there any more."),
            "It may have been deleted in the meantime.",
        ),
        EngineError::Busy(sentence) => IpcError::new(
            ErrorCode::Busy,
            sentence,
            "Wait until it is done, or stop it.",
        ),
        EngineError::Cancelled => IpcError::new(ErrorCode::Cancelled, "Stopped.", ""),
        EngineError::LocalModel { sentence, advice } => {
            IpcError::new(ErrorCode::ProviderFailed, sentence, advice)
        }
    }
}

fn store_error(error: &StoreError) -> IpcError {
    let code = match error {
        StoreError::DiskFull { .. } => ErrorCode::StorageFull,
        StoreError::NotFound(_) => ErrorCode::NotFound,
        _ => ErrorCode::StorageUnavailable,
    };
    let detail = patchbay_engine::with_causes(error);
    if code != ErrorCode::NotFound {
        tracing::error!(error = %detail, "history could not be used");
    }
    IpcError {
        detail: Some(detail),
        ..IpcError::new(code, error.sentence(), error.advice())
    }
}

/// Fields are named in the words of Rust below and in those of TypeScript above. What follows a dot is
/// a name out of data and stays.
fn camel_case(field: &str) -> String {
    if let Some((of, name)) = field.split_once('.') {
        return format!("{}.{name}", camel_case(of));
    }
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_as_the_window_names_them() {
        assert_eq!(camel_case("base_url"), "baseUrl");
        assert_eq!(camel_case("name"), "name");
        assert_eq!(camel_case("options.account_id"), "options.account_id");
    }
}
