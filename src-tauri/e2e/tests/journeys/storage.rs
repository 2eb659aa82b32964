//! Data folders that cannot be used: each has its words, and nothing in them is touched.

use std::fs;

use anyhow::{Result, ensure};
use patchbay_e2e::{Page, Setup, Target, journey};

use crate::steps::{LIMIT, answer_grows, ask, composer, titles};

fn try_again() -> Target {
    Target::button("Try again")
}

/// The screen that stands in place of everything else.
async fn problem(page: &Page, words: &str) -> Result<()> {
    let text = page.see(&Target::css("main [role=alert]")).await?;
    ensure!(text.contains(words), "\"{words}\" is not in:\n{text}");
    ensure!(
        page.count(&composer()).await? == 0,
        "there is a composer without a history"
    );
    page.see(&try_again()).await?;
    Ok(())
}

#[test]
fn a_second_copy_waits_for_the_first() -> Result<()> {
    journey("two-copies", LIMIT, async |journey| {
        let (first, page) = journey.start(Setup::new()).await?;
        ask(&page, "Who has this folder?").await?;
        answer_grows(&page, 2).await?;
        page.press(&Target::button("Stop")).await?;

        let second = journey.prepare_beside(&first, Setup::new());
        let other = second.open().await?;
        problem(&other, "Another copy of Patchbay already uses").await?;
        other.press(&try_again()).await?;
        problem(&other, "Another copy of Patchbay already uses").await?;
        // The first one does not suffer from it.
        page.see(&composer()).await?;
        first.close_cleanly().await?;
        other.press(&try_again()).await?;
        other.see(&composer()).await?;
        other
            .see(&titles().text_has("Who has this folder?"))
            .await?;
        second.close_cleanly().await?;
        first.data().check_integrity().await
    })
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() -> Result<()> {
    journey("newer-database", LIMIT, async |journey| {
        let (app, page) = journey.start(Setup::new()).await?;
        page.see(&composer()).await?;
        app.close_cleanly().await?;
        let before = app.data().make_newer(999)?;
        let page = app.open().await?;
        problem(&page, "was made by a newer version of Patchbay").await?;
        app.close_cleanly().await?;
        ensure!(
            fs::read(app.data().database())? == before,
            "the file was changed"
        );
        Ok(())
    })
}

#[test]
fn a_file_that_is_no_database_is_left_alone_and_can_be_moved_away() -> Result<()> {
    journey("garbage-database", LIMIT, async |journey| {
        let app = journey.prepare(Setup::new())?;
        let garbage: Vec<u8> = b"this is no database ".repeat(1_000);
        let file = app.data().database();
        fs::write(&file, &garbage)?;
        let page = app.open().await?;
        problem(&page, "is damaged").await?;
        ensure!(fs::read(&file)? == garbage, "the file was changed");
        fs::rename(&file, file.with_extension("aside"))?;
        page.press(&try_again()).await?;
        page.see_focus(&composer()).await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

#[test]
fn a_file_in_place_of_the_data_folder_is_left_alone() -> Result<()> {
    journey("file-for-folder", LIMIT, async |journey| {
        let app = journey.prepare(Setup::new())?;
        let folder = app.data().path().to_owned();
        fs::remove_dir(&folder)?;
        fs::write(&folder, "a letter")?;
        let page = app.open().await?;
        problem(&page, "cannot be used").await?;
        app.close_cleanly().await?;
        ensure!(
            fs::read_to_string(&folder)? == "a letter",
            "the file was changed"
        );
        Ok(())
    })
}
