//! Whether the environment sends requests through a proxy. The HTTP client decides by itself and does
//! not tell, so the same variables are read here, for the words of a failed test and for nothing else.

use crate::base_url::BaseUrl;

/// Whether the variables name a proxy for this address. Servers on this computer are never asked
/// through one.
pub(crate) fn is_proxied(base_url: &BaseUrl, variable: impl Fn(&str) -> Option<String>) -> bool {
    if base_url.is_loopback() {
        return false;
    }
    let value = |names: &[&str]| {
        let values = names.iter().filter_map(|name| variable(name));
        values
            .map(|value| value.trim().to_owned())
            .find(|value| !value.is_empty())
    };
    let is_https = base_url.to_string().starts_with("https://");
    let scheme: &[&str] = if is_https {
        &["https_proxy", "HTTPS_PROXY"]
    } else {
        // A server that runs scripts has HTTP_PROXY set by strangers, so only the small one counts.
        &["http_proxy"]
    };
    if value(scheme)
        .or_else(|| value(&["all_proxy", "ALL_PROXY"]))
        .is_none()
    {
        return false;
    }
    let exceptions = value(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    !exceptions
        .split(',')
        .map(str::trim)
        .any(|exception| is_excepted(base_url.host(), exception))
}

fn is_excepted(host: &str, exception: &str) -> bool {
    if exception == "*" {
        return true;
    }
    let exception = exception.trim_start_matches("*.").trim_start_matches('.');
    let exception = exception.split(':').next().unwrap_or(exception);
    if exception.is_empty() {
        return false;
    }
    let host = host.to_ascii_lowercase();
    let exception = exception.to_ascii_lowercase();
    host == exception || host.ends_with(&format!(".{exception}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(address: &str, variables: &[(&str, &str)]) -> bool {
        is_proxied(&BaseUrl::parse(address).unwrap(), |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_proxy_is_seen_where_the_environment_names_one() {
        let address = "https://api.openai.com/v1";
        assert!(proxied(address, &[("HTTPS_PROXY", "http://proxy:3128")]));
        assert!(proxied(address, &[("all_proxy", "socks5://proxy:1080")]));
        assert!(!proxied(address, &[]));
        assert!(!proxied(address, &[("HTTPS_PROXY", " ")]));
        assert!(!proxied(address, &[("http_proxy", "http://proxy:3128")]));
        assert!(proxied(
            "http://box.lan:8080",
            &[("http_proxy", "http://proxy:3128")]
        ));
    }

    #[test]
    fn exceptions_and_this_computer_go_straight() {
        let with = |exceptions: &str| {
            let variables = [
                ("HTTPS_PROXY", "http://proxy:3128"),
                ("NO_PROXY", exceptions),
            ];
            proxied("https://api.openai.com/v1", &variables)
        };
        for exceptions in [
            "*",
            "api.openai.com",
            ".openai.com",
            "a.example, *.OpenAI.com",
            "openai.com:443",
        ] {
            assert!(!with(exceptions), "{exceptions}");
        }
        for exceptions in ["", "penai.com", "api.openai.com.example", ","] {
            assert!(with(exceptions), "{exceptions}");
        }
        assert!(!proxied(
            "http://localhost:11434",
            &[("http_proxy", "http://proxy:3128")]
        ));
    }
}
