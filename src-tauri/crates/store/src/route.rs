//! Routes as a person wrote them down, in the order of the picker.

use patchbay_domain::route::Route;
use patchbay_domain::{RouteId, UnixMillis};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::{from_json, to_json};

impl Store {
    /// Every route that is not deleted, in their order.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn routes(&self) -> Result<Vec<Route>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT definition FROM route WHERE deleted_at IS NULL ORDER BY position, id",
                )?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }

    /// One route; `None` where it is not there or was deleted.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn route(&self, route: RouteId) -> Result<Option<Route>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT definition FROM route WHERE id = ?1 AND deleted_at IS NULL",
                )?
                .query_and_then([route.into_bytes()], read)?
                .next()
                .transpose()
        })
        .await
    }

    /// Adds a route behind the others, or replaces one in its place; a deleted one comes back.
    /// Whether it can be used is for [`Route::validate`] to say, before.
    ///
    /// # Errors
    /// [`StoreError::RouteNameTaken`].
    pub async fn save_route(&self, route: Route, now: UnixMillis) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            refuse_taken_name(connection, route.id, &route.name)?;
            connection
                .prepare_cached(
                    "INSERT INTO route (id, name, folded, definition, position, created_at,
                                        updated_at)
                     VALUES (:id, :name, :folded, :definition,
                             (SELECT coalesce(max(position) + 1, 0) FROM route), :now, :now)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name,
                         folded = excluded.folded, definition = excluded.definition,
                         updated_at = excluded.updated_at, deleted_at = NULL",
                )?
                .execute(named_params! {
                    ":id": route.id.into_bytes(),
                    ":name": route.name,
                    ":folded": folded(&route.name),
                    ":definition": to_json(&route)?,
                    ":now": now.0,
                })?;
            changes.add(Change::Routes);
            Ok(())
        })
        .await
    }

    /// Takes a route out of the list. It stays until [`Store::purge_deleted`]; doing it twice changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_route(&self, route: RouteId, now: UnixMillis) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached(
                    "UPDATE route SET deleted_at = coalesce(deleted_at, ?2) WHERE id = ?1",
                )?
                .execute((route.into_bytes(), now.0))?;
            require(changed, route)?;
            changes.add(Change::Routes);
            Ok(())
        })
        .await
    }

    /// Undoes [`Store::delete_route`]; the route has its old place.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it was purged, [`StoreError::RouteNameTaken`] where another one
    /// took its name meanwhile.
    pub async fn restore_route(&self, route: RouteId) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let name: Option<String> = connection
                .prepare_cached("SELECT name FROM route WHERE id = ?1")?
                .query_row([route.into_bytes()], |row| row.get(0))
                .optional()?;
            let name = name.ok_or(StoreError::NotFound(Subject::Route(route)))?;
            refuse_taken_name(connection, route, &name)?;
            connection
                .prepare_cached("UPDATE route SET deleted_at = NULL WHERE id = ?1")?
                .execute([route.into_bytes()])?;
            changes.add(Change::Routes);
            Ok(())
        })
        .await
    }

    /// Sets the order. Routes that are not named come behind, in the order that they had.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where one of the routes is not there.
    pub async fn reorder_routes(&self, routes: Vec<RouteId>) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let places = i64::try_from(routes.len()).unwrap_or(i64::MAX);
            connection
                .prepare_cached(
                    "UPDATE route SET position = position + ?1 - (SELECT min(position) FROM route)",
                )?
                .execute([places])?;
            let mut place =
                connection.prepare_cached("UPDATE route SET position = ?2 WHERE id = ?1")?;
            for (position, route) in (0_i64..).zip(&routes) {
                let changed = place.execute((route.into_bytes(), position))?;
                require(changed, *route)?;
            }
            changes.add(Change::Routes);
            Ok(())
        })
        .await
    }
}

/// Erases what was deleted before then; returns whether anything was.
pub(crate) fn purge_deleted(
    connection: &Connection,
    before: UnixMillis,
) -> Result<bool, StoreError> {
    let purged = connection
        .prepare_cached("DELETE FROM route WHERE deleted_at < ?1")?
        .execute([before.0])?;
    Ok(purged > 0)
}

/// What two names must not share.
fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

fn refuse_taken_name(connection: &Connection, own: RouteId, name: &str) -> Result<(), StoreError> {
    let is_taken = connection
        .prepare_cached(
            "SELECT 1 FROM route WHERE folded = ?1 AND id <> ?2 AND deleted_at IS NULL",
        )?
        .exists((folded(name), own.into_bytes()))?;
    if is_taken {
        return Err(StoreError::RouteNameTaken {
            name: name.to_owned(),
        });
    }
    Ok(())
}

fn require(changed: usize, route: RouteId) -> Result<(), StoreError> {
    if changed == 0 {
        return Err(StoreError::NotFound(Subject::Route(route)));
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Route, StoreError> {
    from_json(row, "route", "definition")
}
