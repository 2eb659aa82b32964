//! What is meant on a page, said as a screen reader would say it.

use serde::Serialize;

/// Something on the page: by role and name where possible, by CSS where there is no other way. Only
/// what is shown counts.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Target {
    role: Option<String>,
    css: Option<String>,
    name: Option<String>,
    #[serde(rename = "nameHas")]
    name_has: Option<String>,
    #[serde(rename = "textHas")]
    text_has: Option<String>,
    within: Option<Box<Target>>,
    last: bool,
}

impl Target {
    /// Everything of a role, such as `article`.
    pub fn role(role: &str) -> Self {
        Self {
            role: Some(role.to_owned()),
            ..Self::default()
        }
    }

    /// Everything that a CSS selector finds.
    pub fn css(selector: &str) -> Self {
        Self {
            css: Some(selector.to_owned()),
            ..Self::default()
        }
    }

    /// The button of this name.
    pub fn button(name: &str) -> Self {
        Self::role("button").named(name)
    }

    /// The text field of this name.
    pub fn field(name: &str) -> Self {
        Self::role("textbox").named(name)
    }

    /// Of exactly this name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// With this in its name.
    #[must_use]
    pub fn name_has(mut self, part: &str) -> Self {
        self.name_has = Some(part.to_owned());
        self
    }

    /// With this in its text.
    #[must_use]
    pub fn text_has(mut self, part: &str) -> Self {
        self.text_has = Some(part.to_owned());
        self
    }

    /// Inside another one.
    #[must_use]
    pub fn within(mut self, outer: Target) -> Self {
        self.within = Some(Box::new(outer));
        self
    }

    /// The last of several.
    #[must_use]
    pub fn last(mut self) -> Self {
        self.last = true;
        self
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = self
            .role
            .as_deref()
            .or(self.css.as_deref())
            .unwrap_or("element");
        write!(formatter, "{}{kind}", if self.last { "last " } else { "" })?;
        let words = [
            ("", &self.name),
            ("named ..", &self.name_has),
            ("with ", &self.text_has),
        ];
        for (how, text) in words {
            if let Some(text) = text {
                write!(formatter, " {how}\"{text}\"")?;
            }
        }
        self.within
            .as_ref()
            .map_or(Ok(()), |outer| write!(formatter, " in {outer}"))
    }
}

/// Finds what a target means. A script of its own and not XPath, because names come from labels,
/// descriptions and texts by rules that XPath cannot say.
pub(crate) const FIND: &str = r#"
const SELECTORS = {
  button: 'button, [role=button], summary',
  textbox: 'input:not([type]), input[type=text], input[type=password], input[type=url], ' +
    'input[type=search], textarea, [role=textbox], [role=searchbox], [role=combobox]:is(input)',
  article: 'article, [role=article]',
  dialog: 'dialog[open], [role=dialog], [role=alertdialog]',
  link: 'a[href], [role=link]',
  heading: 'h1, h2, h3, h4, [role=heading]',
  checkbox: 'input[type=checkbox], [role=checkbox], [role=switch]',
  radio: 'input[type=radio], [role=radio]',
  navigation: 'nav, [role=navigation]',
  progressbar: 'progress, [role=progressbar]',
};
const squeeze = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
// What is hidden from screen readers, such as a key beside a label, is no part of a name.
const spoken = (node) => node.nodeType === Node.TEXT_NODE ? node.data
  : node.nodeType !== Node.ELEMENT_NODE || node.getAttribute('aria-hidden') === 'true' ? ''
  : [...node.childNodes].map(spoken).join('');
const byIds = (ids) => squeeze(ids.split(/\s+/)
  .map((id) => document.getElementById(id)?.textContent ?? '').join(' '));
function nameOf(element) {
  const labelledBy = element.getAttribute('aria-labelledby');
  if (labelledBy) return byIds(labelledBy);
  const label = element.getAttribute('aria-label');
  if (label) return squeeze(label);
  if (element.labels?.length) return squeeze(element.labels[0].textContent);
  const text = element.matches('input, textarea, article, dialog') ? '' : squeeze(spoken(element));
  return text || squeeze(element.getAttribute('title')) || squeeze(element.getAttribute('placeholder'));
}
function find(target, all) {
  const roots = target.within ? find(target.within) : [document];
  const selector = target.css ?? SELECTORS[target.role] ?? `[role=${target.role}]`;
  let found = roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  found = found.filter((element) => element.checkVisibility({ visibilityProperty: true }));
  if (target.name) found = found.filter((element) => nameOf(element) === target.name);
  if (target.nameHas) found = found.filter((element) => nameOf(element).includes(target.nameHas));
  if (target.textHas) found = found.filter((element) => element.innerText.includes(target.textHas));
  return target.last ? found.slice(-1) : found;
}
"#;
