//! The reasons in detail: one for each group of failures.

use patchbay_domain::FailureClass as Class;

use super::{Circumstances, Diagnosis, DiagnosisKind, said};
use crate::errors::{
    CERTIFICATE_EXPIRED, CERTIFICATE_OF_STRANGER, CERTIFICATE_OF_TOMORROW, NO_HTTPS,
};
use crate::presets::{Auth, Group, Preset};

/// Less than this is what clocks differ by, and no provider minds it.
const CLOCK_LIMIT_MILLIS: u64 = 5 * 60 * 1_000;

impl Circumstances<'_> {
    /// Who was asked, for people.
    pub(super) fn name(&self) -> &str {
        match self.preset {
            Some(preset) if preset.group != Group::Compatible => &preset.name,
            _ => self.base_url.host(),
        }
    }

    /// Whether the address is the maker's own and so surely right.
    fn is_makers_address(&self) -> bool {
        let of_address = Preset::of_base_url(self.base_url);
        of_address.is_some_and(|preset| preset.group != Group::Local)
    }

    pub(super) fn proxy_or(&self, advice: &str) -> String {
        if self.through_proxy {
            format!(
                "{advice} The request went through the proxy that HTTPS_PROXY names; it may be the cause."
            )
        } else {
            advice.to_owned()
        }
    }

    pub(super) fn refused_connection(&self) -> Diagnosis {
        if !self.base_url.is_loopback() {
            return said(
                if self.through_proxy {
                    DiagnosisKind::Proxy
                } else {
                    DiagnosisKind::Address
                },
                format!("Nobody listens at {}.", self.base_url),
                self.proxy_or("Check the host and the port."),
            );
        }
        let chosen = self.preset.filter(|preset| preset.local_port.is_some());
        let server = chosen.or_else(|| Preset::of_base_url(self.base_url));
        match server {
            Some(preset) => said(
                DiagnosisKind::NotRunning,
                format!("{} is not running at {}.", preset.name, self.base_url),
                format!("Start {} and its server, then try again.", preset.name),
            ),
            None => said(
                DiagnosisKind::NotRunning,
                format!("No server is running at {}.", self.base_url),
                "Start it, or check its port, then try again.",
            ),
        }
    }

    pub(super) fn unknown_name(&self) -> Diagnosis {
        let host = self.base_url.host();
        let is_filled_in = self.preset.is_some_and(|preset| !preset.options.is_empty());
        if is_filled_in {
            return said(
                DiagnosisKind::Address,
                format!("There is no {host}."),
                "Check what you filled in, such as the resource or the region, and the connection.",
            );
        }
        said(
            DiagnosisKind::Network,
            format!("The name {host} could not be found."),
            if self.is_makers_address() {
                self.proxy_or("Check the connection to the internet.")
            } else {
                self.proxy_or("Check its spelling and the connection.")
            },
        )
    }

    pub(super) fn failed_tls(&self) -> Diagnosis {
        let words = self.failure.message.as_str();
        let host = self.base_url.host();
        if words == NO_HTTPS {
            return said(
                DiagnosisKind::Address,
                format!("{host} does not speak https at this port."),
                "Begin the address with http:// instead.",
            );
        }
        // A maker's certificates are in order, so what is not is on this side.
        if self.is_makers_address() {
            if matches!(words, CERTIFICATE_EXPIRED | CERTIFICATE_OF_TOMORROW) {
                return said(
                    DiagnosisKind::Clock,
                    format!("The certificate of {host} does not fit the time of this computer."),
                    "Set the clock of this computer, then try again.",
                );
            }
            if words == CERTIFICATE_OF_STRANGER {
                return said(
                    DiagnosisKind::Proxy,
                    format!("Something between this computer and {host} answers in its place."),
                    "A proxy or a virus scanner reads along. Add its certificate to those that the \
                     system trusts, or let it pass this host.",
                );
            }
        }
        said(
            DiagnosisKind::Network,
            format!("There is no secure connection to {host}. {words}"),
            self.proxy_or(
                "Add the certificate to those that the system trusts, or check the address.",
            ),
        )
    }

    pub(super) fn lost_connection(&self) -> Diagnosis {
        let kind = if self.through_proxy {
            DiagnosisKind::Proxy
        } else {
            DiagnosisKind::Network
        };
        said(
            kind,
            format!("The connection to {} broke.", self.base_url.host()),
            self.proxy_or("Try again."),
        )
    }

    pub(super) fn refused_key(&self) -> Diagnosis {
        if !self.has_key {
            return said(
                DiagnosisKind::BadKey,
                format!("{} wants a key, and there is none.", self.name()),
                self.where_keys_are(),
            );
        }
        if let Some(other) = self.other_maker() {
            return said(
                DiagnosisKind::OtherProvider,
                format!(
                    "This looks like a key of {}, not of {}.",
                    other.name,
                    self.name()
                ),
                format!(
                    "Add {} with this key, or enter a key of {}.",
                    other.name,
                    self.name()
                ),
            );
        }
        let clock = self.clock_error();
        let is_dated = self
            .preset
            .is_some_and(|preset| preset.keys_are_dated || preset.auth == Auth::Google);
        if let Some(words) = clock.as_deref().filter(|_| is_dated) {
            return said(
                DiagnosisKind::Clock,
                format!("{words} What is signed with a wrong time is refused."),
                "Set the clock of this computer, then try again.",
            );
        }
        if self.failure.class == Class::PermissionDenied {
            return said(
                DiagnosisKind::Permission,
                format!("{} knows the key, but it may not do this.", self.name()),
                match self.preset.and_then(|preset| preset.note.as_deref()) {
                    Some(note) => format!("{} {note}", self.failure.message),
                    None => self.failure.message.clone(),
                },
            );
        }
        let mut advice = self.where_keys_are();
        for hint in [self.region_hint(), clock].into_iter().flatten() {
            advice.push(' ');
            advice.push_str(&hint);
        }
        said(
            DiagnosisKind::BadKey,
            format!("{} does not accept this key.", self.name()),
            advice,
        )
    }

    /// LiteLLM's proxy does, where it was installed without the library of its database.
    pub(super) fn fell_over_a_missing_key(&self) -> bool {
        let is_litellm = self.preset.is_some_and(|preset| preset.id == "litellm");
        is_litellm && !self.has_key && self.failure.status == Some(500)
    }

    fn where_keys_are(&self) -> String {
        match self.preset.and_then(|preset| preset.key_url.as_deref()) {
            Some(page) => format!("Copy it once more, or make a new one at {page}."),
            None => "Copy it once more, or ask whoever runs the server for a new one.".to_owned(),
        }
    }

    /// The other provider that the key is one of.
    fn other_maker(&self) -> Option<&'static Preset> {
        let other = self.key_preset?;
        let is_same = self.preset.is_some_and(|preset| {
            preset.id == other.id || preset.shares_keys_with.contains(&other.id)
        });
        (!is_same).then_some(other)
    }

    /// Where else the same maker may have made the key.
    fn region_hint(&self) -> Option<String> {
        let preset = self.preset?;
        if let Some(option) = preset.options.iter().find(|option| option.binds_key) {
            let values: Vec<_> = option
                .choices
                .iter()
                .map(|choice| choice.value.as_str())
                .collect();
            return Some(format!(
                "Or choose the {} in which it was made ({}): keys work in no other.",
                option.label.to_lowercase(),
                values.join(", ")
            ));
        }
        let others: Vec<_> = preset
            .elsewhere
            .iter()
            .filter_map(|id| Preset::by_id(id))
            .map(|other| other.name.as_str())
            .collect();
        (!others.is_empty()).then(|| {
            format!(
                "A key of {} does not work here: choose that provider for it.",
                others.join(" or ")
            )
        })
    }

    /// How wrong the clock is, where it is.
    fn clock_error(&self) -> Option<String> {
        let server = self.server_date?;
        let (ahead, behind) = (self.now.since(server), server.since(self.now));
        let off = ahead.max(behind);
        (off > CLOCK_LIMIT_MILLIS).then(|| {
            let minutes = off / 60_000;
            let direction = if ahead > behind { "ahead" } else { "behind" };
            format!("The clock of this computer is {minutes} minutes {direction}.")
        })
    }

    pub(super) fn wrong_address(&self) -> Diagnosis {
        let advice = if self.failure.class == Class::Redirected {
            format!(
                "{} Enter the address that it leads to, if you trust it.",
                self.failure.message
            )
        } else if self
            .base_url
            .join_path("")
            .path()
            .trim_end_matches('/')
            .is_empty()
        {
            "Most addresses end with /v1.".to_owned()
        } else {
            "Check the end of the address: it is what comes before /chat/completions or /messages."
                .to_owned()
        };
        said(
            DiagnosisKind::Address,
            format!("{} is not the address of such an API.", self.base_url),
            advice,
        )
    }

    pub(super) fn unexpected_page(&self) -> Diagnosis {
        if self.is_makers_address() {
            return said(
                DiagnosisKind::Proxy,
                format!("Something else answered in the place of {}.", self.name()),
                format!(
                    "{} It may be the sign-in page of a network or a proxy: open any page in a \
                     browser and see.",
                    self.failure.message
                ),
            );
        }
        Diagnosis {
            advice: format!("{} Most addresses end with /v1.", self.failure.message),
            ..self.wrong_address()
        }
    }
}
