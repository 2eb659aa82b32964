//! The mouse and the keyboard, where an element's own click and typing do not say enough.

use anyhow::Result;
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::key;

use crate::page::Page;
use crate::target::Target;

/// A key that is not a character, for [`Page::press_keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Ctrl.
    Control,
    /// Shift.
    Shift,
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// Tab.
    Tab,
    /// F2.
    F2,
    /// Delete.
    Delete,
    /// One that types a character.
    Character(char),
}

impl Key {
    fn value(self) -> char {
        let named = match self {
            Self::Control => key::Key::Control,
            Self::Shift => key::Key::Shift,
            Self::Enter => key::Key::Enter,
            Self::Escape => key::Key::Escape,
            Self::Tab => key::Key::Tab,
            Self::F2 => key::Key::F2,
            Self::Delete => key::Key::Delete,
            Self::Character(character) => return character,
        };
        named.into()
    }
}

impl Page {
    /// Moves the mouse over this.
    ///
    /// # Errors
    /// It does not appear.
    pub async fn hover(&self, target: &Target) -> Result<()> {
        let element = self.wait_for_element(target).await?;
        let over = PointerAction::MoveToElement {
            element,
            duration: None,
            x: 0.,
            y: 0.,
        };
        let mouse = MouseActions::new("mouse".to_owned()).then(over);
        Ok(self.client.perform_actions(mouse).await?)
    }

    /// Presses these keys together, the last one at the end, wherever the focus is.
    ///
    /// # Errors
    /// The driver does not take them.
    pub async fn press_keys(&self, keys: &[Key]) -> Result<()> {
        let down = keys
            .iter()
            .map(|key| KeyAction::Down { value: key.value() });
        let up = keys
            .iter()
            .rev()
            .map(|key| KeyAction::Up { value: key.value() });
        let actions = down
            .chain(up)
            .fold(KeyActions::new("keyboard".to_owned()), |all, one| {
                all.then(one)
            });
        Ok(self.client.perform_actions(actions).await?)
    }

    /// Types wherever the focus is.
    ///
    /// # Errors
    /// The driver does not take it.
    pub async fn type_keys(&self, text: &str) -> Result<()> {
        let strokes = text
            .chars()
            .flat_map(|value| [KeyAction::Down { value }, KeyAction::Up { value }]);
        let keyboard = KeyActions::new("keyboard".to_owned());
        let actions = strokes.fold(keyboard, |all, one| all.then(one));
        Ok(self.client.perform_actions(actions).await?)
    }
}
