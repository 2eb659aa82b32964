//! Which preset an address belongs to.

use patchbay_domain::{Origin, WireFamily};

use super::resolve::{host_of, path_of};
use super::{Preset, Speaks};
use crate::base_url::BaseUrl;

/// A preset that an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The preset.
    pub preset: &'static Preset,
    /// What is spoken at that address.
    pub family: WireFamily,
}

impl Preset {
    /// The preset that an address belongs to, however it was typed.
    pub fn of_base_url(base_url: &BaseUrl) -> Option<&'static Self> {
        Self::recognise(base_url).map(|recognised| recognised.preset)
    }

    /// The preset, and which of its families is spoken there. The longest path that fits decides; a
    /// host of ours with a path that is not known is still that preset.
    pub fn recognise(base_url: &BaseUrl) -> Option<Recognised> {
        let address = base_url.to_string();
        let mut best: Option<(usize, Recognised)> = None;
        for preset in Self::all() {
            for (template, family) in preset.addresses() {
                if !preset.is_at(template, base_url, &address) {
                    continue;
                }
                let length = shared_path(path_of(template), path_of(&address));
                if best.is_none_or(|(longest, _)| length > longest) {
                    best = Some((length, Recognised { preset, family }));
                }
            }
        }
        best.map(|(_, recognised)| recognised)
    }

    /// Every address that is known of it, with the family that is spoken there.
    fn addresses(&self) -> impl Iterator<Item = (&str, WireFamily)> {
        let own = self.speaks.iter();
        let own = own.map(
            |Speaks {
                 base_url, family, ..
             }| (base_url.as_str(), *family),
        );
        let also = self.also_at.iter();
        own.chain(also.map(|address| (address.as_str(), self.family())))
            .filter(|(address, _)| !address.is_empty())
    }

    fn is_at(&self, template: &str, base_url: &BaseUrl, address: &str) -> bool {
        if base_url.is_loopback() {
            // Other programs have the same ports, so only a telling one counts.
            return self.port_is_telling && port(host_of(address)) == self.local_port;
        }
        let (Some(scheme), Some(own)) = (scheme(address), scheme(template)) else {
            return false;
        };
        scheme == own && self.host_fits(host_of(template), host_of(address))
    }

    /// Whether a host is the one of the template. A placeholder stands for one label, or for what the
    /// option of that name fills in.
    fn host_fits(&self, template: &str, host: &str) -> bool {
        let Some((before, rest)) = template.split_once('{') else {
            return template.eq_ignore_ascii_case(host);
        };
        let Some((name, after)) = rest.split_once('}') else {
            return false;
        };
        let filled = self.options.iter().flat_map(|option| {
            let said = option.choices.iter().chain(&option.known);
            let said = said.filter_map(|choice| choice.fill.get(name));
            said.chain(option.fill.get(name))
        });
        let mut filled = filled.peekable();
        if filled.peek().is_some() {
            return filled.any(|text| self.host_fits(&format!("{before}{text}{after}"), host));
        }
        let label = host
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after));
        label.is_some_and(|label| {
            !label.is_empty()
                && label
                    .chars()
                    .all(|character| character.is_ascii_alphanumeric() || character == '-')
        })
    }
}

/// The environment variables whose keys may be sent to an origin: those of the presets that are
/// there, over `https` only, and none for a server of the person's own.
pub fn variables_of(origin: &Origin) -> Vec<&'static str> {
    let Ok(base_url) = BaseUrl::parse(origin.as_str()) else {
        return Vec::new();
    };
    let address = base_url.to_string();
    let mut names = Vec::new();
    for preset in Preset::all() {
        let is_there = preset
            .addresses()
            .any(|(template, _)| preset.is_at(template, &base_url, &address));
        if !is_there || base_url.is_loopback() {
            continue;
        }
        for name in &preset.environment {
            if !names.contains(&name.as_str()) {
                names.push(name.as_str());
            }
        }
    }
    names
}

/// How well a path fits. One that nobody knows is worth less than the shortest that fits.
fn shared_path(template: &str, path: &str) -> usize {
    let rest = path.strip_prefix(template);
    match rest {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => template.len() + 1,
        _ => 0,
    }
}

fn scheme(address: &str) -> Option<&str> {
    address.split_once("://").map(|(scheme, _)| scheme)
}

fn port(host: &str) -> Option<u16> {
    host.rsplit_once(':')?.1.parse().ok()
}
