//! Keys of providers that cannot be brought back any more.

use patchbay_domain::UnixMillis;
use patchbay_store::{Store, StoreError};
use patchbay_vault::Vault;

use crate::connector::key_address;

/// Deletes the keys of providers that were deleted before `before` out of the keychain, and their places
/// in the list with them. What the keychain does not delete now is tried at the next start.
pub(crate) async fn forget(
    store: Store,
    vault: Vault,
    before: UnixMillis,
) -> Result<(), StoreError> {
    for (record, slot) in store.keys_of_deleted(before).await? {
        let Ok(address) = key_address(&record, &slot.id) else {
            continue;
        };
        // Nobody is asked for a password because of what they have thrown away.
        let is_gone = match vault.key_status(&address, &[]).await {
            Ok(None) => true,
            Ok(Some(_)) if vault.status().await.is_ready() => vault.delete(&address).await.is_ok(),
            Ok(Some(_)) | Err(_) => false,
        };
        if is_gone {
            store.remove_key(record.id, slot.id).await?;
        }
    }
    Ok(())
}
